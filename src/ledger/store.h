// The ledger's door: one connection to Postgres, made when first needed and again after it broke.
// Owns time-outs, the service's role, and what a broken connection means to a caller. What is read
// and written through it is in accounts.h, plans.h, models.h, queries.h, shipper.h, meter.h.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "calendar/instant.h"

namespace ledger {

/// The database cannot serve now: away, starting, overloaded, or the commit's outcome is unknown.
/// Nothing is retried inside the ledger's functions; who calls decides.
class Unavailable : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// The connection broke while a commit was under way: it took place or it did not. Look it up.
class CommitInDoubt : public Unavailable {
  public:
    using Unavailable::Unavailable;
};

/// What was asked cannot be: a name is taken, an account is not there. One sentence for a person.
class Refused : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct StoreOptions {
    /// Says where to connect, a libpq string or URI, each time anew: an embedded database is
    /// started again here if it has died. May throw.
    std::function<std::string()> connection_string;
    calendar::Duration statement_timeout = calendar::Duration::seconds(30);
    calendar::Duration lock_timeout = calendar::Duration::seconds(10);
};

/// A stop that is waited for longer than its limit by this much hangs up on the database.
constexpr std::chrono::seconds hang_up_after{1};

/// Used by one thread at a time; each thread makes its own.
class Store {
  public:
    explicit Store(StoreOptions options);
    ~Store();
    Store(Store&&) noexcept;
    Store& operator=(Store&&) noexcept;

    /// Connects and compares the schema with this binary. Throws Unavailable; Refused: the schema
    /// is older (says to run `tollgate migrate`) or newer than this binary.
    void check_schema();
    /// Makes the partitions of facts for the month of `now` and the two after it.
    void prepare_partitions(calendar::Instant now);
    /// Makes an index by account on each month of facts that is over and has none. Takes long where
    /// there are many facts.
    void index_finished_months(calendar::Instant now);
    bool connected() const;
    void disconnect();
    /// Any thread, for stopping: what is under way on the connection ends soon, with Unavailable,
    /// and so does every later use. For a database that hangs: nothing else ends its silence.
    void interrupt();

    struct Connection;
    /// For the ledger's own sources (transaction.h).
    Connection& connect();

  private:
    /// What another thread may touch of the connection.
    struct Line {
        std::mutex mutex;
        int descriptor = -1;  // -1: no connection
        bool interrupted = false;
    };
    void open_line(int descriptor);
    void close_line();

    StoreOptions options_;
    std::unique_ptr<Line> line_;  // apart, because a mutex does not move
    std::unique_ptr<Connection> connection_;
};

}  // namespace ledger
