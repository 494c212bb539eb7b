// The embedded Postgres: a private cluster under DATA_DIR/postgres, made when absent, reached only
// through a Unix socket in a directory that only its user can enter. Owns finding the programs,
// initdb, start, recovery after a kill, and stop. What is in the database, ledger/ knows.
//
// Several processes may use one cluster (a `serve` and commands beside it): each holds a shared
// lock while it does, and the last one to leave stops the server. A server whose users were all
// killed is adopted by the next.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "calendar/instant.h"

namespace platform {

/// What keeps the embedded Postgres from running: one sentence for a person, with what to do.
class EmbeddedPostgresError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct EmbeddedPostgresOptions {
    std::string data_dir;  // made if absent; as root it must be reachable by the user `postgres`
    calendar::Duration start_timeout = calendar::Duration::seconds(60);
    /// Folders that hold VERSION/bin, in order.
    std::vector<std::string> installations = {"/usr/lib/postgresql"};
    /// Not synced to disk: for tests, whose clusters outlive no crash of the machine.
    bool fsync = true;
};

class EmbeddedPostgres {
  public:
    /// Joins the cluster of this data directory: makes it, starts it, or finds it running. Throws
    /// EmbeddedPostgresError.
    static std::unique_ptr<EmbeddedPostgres> open(EmbeddedPostgresOptions options);
    /// Leaves it; stops the server (fast shutdown) when no other process uses it.
    ~EmbeddedPostgres();
    EmbeddedPostgres(const EmbeddedPostgres&) = delete;
    EmbeddedPostgres& operator=(const EmbeddedPostgres&) = delete;

    /// Starts the server again if it has died. Cheap while it lives. Thread-safe.
    void ensure_running();
    /// For libpq: the database `tollgate`, as the cluster's superuser.
    std::string connection_string() const;
    /// Whether this object started the server, rather than finding it running.
    bool started() const;
    /// The postmaster's process id; 0 when it is not running.
    int process_id() const;
    /// As the destructor does; true when the server was stopped. Idempotent.
    bool leave();

  private:
    struct Cluster;
    explicit EmbeddedPostgres(std::unique_ptr<Cluster> cluster);
    std::unique_ptr<Cluster> cluster_;
};

}  // namespace platform
