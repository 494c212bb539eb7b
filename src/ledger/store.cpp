#include "ledger/store.h"

#include <sys/socket.h>

#include "ledger/migrations.h"
#include "ledger/transaction.h"

namespace ledger {
namespace {

// What the user's string does not say of time-outs: no wait of ours is unbounded.
std::string with_time_outs(const std::string& connection_string) {
    const bool is_uri = connection_string.starts_with("postgres://") ||
                        connection_string.starts_with("postgresql://");
    std::string result = connection_string;
    for (const std::string setting :
         {"connect_timeout=5", "tcp_user_timeout=15000", "keepalives_idle=10",
          "keepalives_interval=5", "keepalives_count=3", "application_name=tollgate"}) {
        const std::string name = setting.substr(0, setting.find('=') + 1);
        if (connection_string.find(name) != std::string::npos) continue;
        if (is_uri) {
            result += (result.find('?') == std::string::npos ? "?" : "&") + setting;
        } else {
            result += " " + setting;
        }
    }
    return result;
}

void set_up(pqxx::connection& link, const StoreOptions& options) {
    pqxx::nontransaction work(link);
    const auto set = [&](const std::string& name, const std::string& value) {
        work.exec_params("SELECT set_config($1, $2, false)", name, value);
    };
    set("search_path", "tollgate, pg_temp");
    set("TimeZone", "UTC");
    set("DateStyle", "ISO, YMD");
    set("client_min_messages", "warning");
    set("statement_timeout", std::to_string(options.statement_timeout.micros / 1'000));
    set("lock_timeout", std::to_string(options.lock_timeout.micros / 1'000));
    set("idle_in_transaction_session_timeout", "60000");
    // It is for queries that run for minutes; ours are short, and only estimated to be costly.
    set("jit", "off");
    // Least privilege, also where the connecting user has more.
    if (!work.exec("SELECT FROM pg_roles WHERE rolname = 'tollgate_service'").empty()) {
        work.exec("SET ROLE tollgate_service");
    }
}

}  // namespace

Store::Store(StoreOptions options)
    : options_(std::move(options)), line_(std::make_unique<Line>()) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

bool Store::connected() const {
    return connection_ && connection_->link.is_open();
}

void Store::disconnect() {
    close_line();
    connection_.reset();
}

void Store::open_line(int descriptor) {
    const std::lock_guard lock(line_->mutex);
    line_->descriptor = descriptor;
    if (line_->interrupted) throw Unavailable("the database is not waited for any longer");
}

void Store::close_line() {
    const std::lock_guard lock(line_->mutex);
    line_->descriptor = -1;
}

void Store::interrupt() {
    const std::lock_guard lock(line_->mutex);
    line_->interrupted = true;
    if (line_->descriptor >= 0) ::shutdown(line_->descriptor, SHUT_RDWR);
}

Store::Connection& Store::connect() {
    if (connected()) return *connection_;
    disconnect();
    open_line(-1);
    auto connection = std::make_unique<Connection>(with_time_outs(options_.connection_string()));
    // From here on a silent server can be hung up on; until here libpq's connect_timeout bounds it.
    open_line(connection->link.sock());
    try {
        set_up(connection->link, options_);
    } catch (...) {
        close_line();
        throw;
    }
    // pqxx would reconnect by itself, to a session without our settings and role.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection->link.inhibit_reactivation(true);
#pragma GCC diagnostic pop
    connection_ = std::move(connection);
    return *connection_;
}

void Store::check_schema() {
    const int ours = embedded_migrations().back().version;
    const int theirs = transact(*this, [](Work& work) {
        const bool is_there =
            work.exec1("SELECT to_regclass('tollgate.schema_migrations') IS NOT NULL")[0]
                .as<bool>();
        if (!is_there) return 0;
        return work.exec1("SELECT coalesce(max(version), 0) FROM tollgate.schema_migrations")[0]
            .as<int>();
    });
    if (theirs < ours) {
        throw Refused("the ledger's schema is at version " + std::to_string(theirs) +
                      ", this tollgate needs " + std::to_string(ours) + ": run `tollgate migrate`");
    }
    if (theirs > ours) {
        throw Refused("the ledger's schema is at version " + std::to_string(theirs) +
                      ", newer than this tollgate knows (" + std::to_string(ours) +
                      "): use the newer tollgate");
    }
}

void Store::prepare_partitions(calendar::Instant now) {
    transact(*this, [&](Work& work) {
        work.exec_params(
            "SELECT make_fact_partition(date_trunc('month', $1::timestamptz) + n * interval '1 "
            "month')"
            " FROM generate_series(0, 2) n",
            calendar::to_text(now));
    });
}

void Store::index_finished_months(calendar::Instant now) {
    const auto make_next = [&](Work& work) {
        work.exec("SET LOCAL statement_timeout = '1h'");
        return work.exec_params1("SELECT index_a_finished_month($1)", calendar::to_text(now))[0]
            .as<int>();
    };
    while (transact(*this, make_next) > 0) {
    }
}

}  // namespace ledger
