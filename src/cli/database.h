// The database that the configuration names, for `serve` and for every command that needs the
// ledger: the embedded one, joined while it runs or started for the command's own duration, or any
// Postgres by URI. Owns which of the two, and that an embedded one is kept up to date by itself.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/settings.h"
#include "ledger/store.h"

namespace platform {
class EmbeddedPostgres;
}

namespace cli {

class Database {
  public:
    /// Starts or joins an embedded cluster; an outside database is not touched. Throws
    /// platform::EmbeddedPostgresError.
    explicit Database(const Settings& settings);
    ~Database();  // leaves the cluster, which stops when nobody else uses it
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    bool is_embedded() const { return embedded_ != nullptr; }
    /// For stores of any thread, while this lives: an embedded server that died is started again.
    ledger::StoreOptions store_options() const;
    /// As the schema's owner; how many migrations were applied.
    int migrate() const;
    std::string connection_string() const;

  private:
    // Constant after construction.
    std::string url_;
    std::unique_ptr<platform::EmbeddedPostgres> embedded_;
};

/// A store of a command: connected, with the schema that this binary needs. An embedded database is
/// migrated first. Throws ledger::Unavailable, and ledger::Refused where an outside database needs
/// `tollgate migrate` or is newer.
ledger::Store open_store(const Database& database);

/// What most commands do: reads the settings, opens the store, acts.
void with_store(const ConfigArguments& arguments, const std::function<void(ledger::Store&)>& act);

}  // namespace cli
