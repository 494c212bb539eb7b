// The shipper: turns the journal's sealed batches into facts, each exactly once, and lets the
// journal go of what is in the ledger. Owns the road from disk to database: while the database is
// away facts wait in the journal; nothing is dropped, nothing is sent out of order.
//
// A batch and the move of the gateway's high-water mark are one transaction. Where a commit's
// outcome is in doubt the next attempt finds the mark moved, or sends the same batch again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "calendar/clock.h"
#include "journal/journal.h"
#include "ledger/read_ahead.h"
#include "ledger/store.h"
#include "lifecycle/ids.h"

namespace ledger {

class FactBooks;

struct ShipperOptions {
    lifecycle::GatewayId gateway;
    /// Passthrough: a key that the upstream took gets an account. Managed: only known keys have
    /// one.
    bool make_accounts = false;
    std::string currency = "USD";  // of the accounts it makes
    calendar::Duration poll_interval = calendar::Duration::milliseconds(100);
    calendar::Duration longest_backoff = calendar::Duration::seconds(2);
    calendar::Duration heartbeat_interval = calendar::Duration::seconds(60);
    /// Of a transaction (read_ahead.h). A backlog holds two such in memory.
    std::size_t enough_records = 100'000;
};

class Shipper {
  public:
    /// `on_shipped` is called on the shipper's thread after each commit that brought facts.
    Shipper(std::unique_ptr<FactBooks> books, ShipperOptions options, BatchSource& source,
            const calendar::Clock& clock, std::function<void()> on_shipped = {});
    /// The same, into Postgres.
    Shipper(StoreOptions store, ShipperOptions options, BatchSource& source,
            const calendar::Clock& clock, std::function<void()> on_shipped = {});
    ~Shipper();

    void start();
    /// Ends the thread, after shipping what is sealed, for as long as the database takes it and no
    /// longer than `drain_limit`. Idempotent.
    void stop(calendar::Duration drain_limit = calendar::Duration::seconds(10));

    /// Everything up to here is in the ledger.
    journal::Sequence shipped() const { return shipped_.load(); }
    /// What keeps it from shipping; empty while all is well. Thread-safe.
    std::string problem() const;

    // What the thread does, a step at a time; for tests, while it is not started.
    /// Ships the next sealed batch; false when there is none. Throws Unavailable, or
    /// std::runtime_error: the journal cannot be read, or is not the one that was shipped.
    bool ship_next();
    /// Says that the gateway lives, and up to when everything it recorded is in the ledger.
    void heartbeat();

  private:
    void run();
    void ship_until_stopped();
    void sign_off();
    bool step();
    void register_gateway();
    void set_problem(const std::string& text);
    bool wait(calendar::Duration time);

    // Constant after construction.
    const ShipperOptions options_;
    BatchSource& source_;
    const calendar::Clock& clock_;
    const std::function<void()> on_shipped_;

    // Owned by the shipper's thread.
    std::unique_ptr<FactBooks> books_;
    ReadAhead waiting_;
    bool registered_ = false;
    std::int64_t next_heartbeat_micros_ = 0;
    std::future<void> thread_;  // its end

    std::atomic<journal::Sequence> shipped_{0};
    mutable std::mutex mutex_;
    // Under `mutex_`.
    std::condition_variable wake_;
    bool stopping_ = false;
    std::int64_t drain_deadline_micros_ = 0;
    std::string problem_;
};

}  // namespace ledger
