#include "cli/database.h"

#include "ledger/migrations.h"
#include "platform/embedded_postgres.h"

namespace cli {

Database::Database(const Settings& settings) : url_(settings.database.url) {
    if (url_ != "embedded") return;
    platform::EmbeddedPostgresOptions options;
    options.data_dir = settings.data_dir;
    options.installations = {settings.database.postgres_dir};
    embedded_ = platform::EmbeddedPostgres::open(std::move(options));
}

Database::~Database() = default;

std::string Database::connection_string() const {
    if (!embedded_) return url_;
    embedded_->ensure_running();
    return embedded_->connection_string();
}

ledger::StoreOptions Database::store_options() const {
    ledger::StoreOptions options;
    options.connection_string = [this] { return connection_string(); };
    return options;
}

int Database::migrate() const {
    return ledger::migrate(connection_string());
}

ledger::Store open_store(const Database& database) {
    if (database.is_embedded()) database.migrate();
    ledger::Store store(database.store_options());
    store.check_schema();
    return store;
}

void with_store(const ConfigArguments& arguments, const std::function<void(ledger::Store&)>& act) {
    const Database database(load_settings(arguments));
    ledger::Store store = open_store(database);
    act(store);
}

}  // namespace cli
