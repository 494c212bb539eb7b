#include "ledger/migrations.h"

#include "ledger/transaction.h"
#include "platform/crypto.h"

namespace ledger {
namespace {

constexpr const char* lock_sql = "SELECT pg_advisory_xact_lock(7241586932251480931)";

std::string checksum_of(const Migration& migration) {
    return platform::to_hex(platform::sha256(migration.sql));
}

std::map<int, std::string> read_applied(Work& work) {
    std::map<int, std::string> applied;
    if (!work.exec1("SELECT to_regclass('tollgate.schema_migrations') IS NOT NULL")[0].as<bool>()) {
        return applied;
    }
    for (const auto& row : work.exec("SELECT version, checksum FROM tollgate.schema_migrations")) {
        applied.emplace(row[0].as<int>(), row[1].as<std::string>());
    }
    return applied;
}

void check(const std::map<int, std::string>& applied, const std::vector<Migration>& migrations) {
    const int newest = migrations.back().version;
    if (!applied.empty() && applied.rbegin()->first > newest) {
        throw Refused("the ledger's schema is at version " +
                      std::to_string(applied.rbegin()->first) +
                      ", newer than this tollgate knows (" + std::to_string(newest) +
                      "): use the newer tollgate");
    }
    for (const Migration& migration : migrations) {
        const auto entry = applied.find(migration.version);
        if (entry != applied.end() && entry->second != checksum_of(migration)) {
            throw Refused("migration " + migration.name +
                          " was applied to this database in another form than this tollgate's: "
                          "use the tollgate that made it");
        }
    }
}

// One migration, if it is missing; whether it was.
bool apply(Work& work, const Migration& migration, const std::vector<Migration>& migrations) {
    work.exec(lock_sql);
    work.exec("SET LOCAL client_min_messages = warning");
    const auto applied = read_applied(work);
    check(applied, migrations);
    if (applied.contains(migration.version)) return false;
    if (migration.version > 1) work.exec("SET LOCAL ROLE tollgate_owner");
    work.exec("SET LOCAL search_path = tollgate, pg_temp");
    work.exec(migration.sql);
    work.exec_params(
        "INSERT INTO tollgate.schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
        migration.version, migration.name, checksum_of(migration));
    return true;
}

template <class Act>
auto with_connection(const std::string& connection_string, Act act) {
    try {
        pqxx::connection link(checked(connection_string));
        return act(link);
    } catch (const pqxx::broken_connection& error) {
        throw Unavailable(std::string("the database cannot be reached: ") + error.what());
    } catch (const pqxx::insufficient_privilege& error) {
        throw Refused(std::string("the database's user may not migrate: ") + error.what() +
                      "; connect as one who may create roles, or is in tollgate_owner");
    }
}

}  // namespace

int migrate(const std::string& connection_string, const std::vector<Migration>& migrations) {
    return with_connection(connection_string, [&](pqxx::connection& link) {
        int count = 0;
        for (const Migration& migration : migrations) {
            pqxx::work work(link);
            if (apply(work, migration, migrations)) ++count;
            work.commit();
        }
        return count;
    });
}

std::vector<MigrationStatus> list_migrations(const std::string& connection_string,
                                             const std::vector<Migration>& migrations) {
    return with_connection(connection_string, [&](pqxx::connection& link) {
        pqxx::work work(link);
        const auto applied = read_applied(work);
        check(applied, migrations);
        std::vector<MigrationStatus> result;
        for (const Migration& migration : migrations) {
            result.push_back({.version = migration.version,
                              .name = migration.name,
                              .applied = applied.contains(migration.version)});
        }
        return result;
    });
}

}  // namespace ledger
