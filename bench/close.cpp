// Closing a month, and reporting it, beside SQL that does no more than rate and add up the same
// rows.
//   close DIRECTORY SESSIONS ACCOUNTS ROUNDS JOBS: each round from a copy of a database in which a
//     month is metered and not closed; prints SESSIONS ACCOUNTS, then micros of: the closing, the
//     statement that rates and groups its sessions; the report by account, the same aggregate over
//     the charges; the report by model, the same over the charges.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "cli/closing.h"
#include "ledger/migrations.h"
#include "ledger/plans.h"
#include "ledger/usage.h"
#include "link.h"
#include "platform/clock.h"
#include "platform/embedded_postgres.h"

namespace {

using bench::Link;
using calendar::Instant;

constexpr const char* plan = R"({"plan": "p", "currency": "USD",
    "rate_per_gb_second": "0.0000166667", "starts_at": "running", "minimum_seconds": 60,
    "increment_seconds": 60, "spin_down": "billed", "shutdown_grace_seconds": 120,
    "failed_boot": "free", "per_replica": true, "gb_basis": "required_ram"})";

/// Sessions of 30 seconds to 42 minutes, ten models an account.
const std::string sessions_sql = R"(
INSERT INTO sessions (account_id, id, upstream, model, key, gb, concurrency, expiration_seconds,
    discovered, created, loaded_at, running_at, running_evidence, expires_at, ended_at, end_reason,
    end_evidence, estimated, last_proof_of_life, runs, last_run_at, adjusted, plan, facts_from,
    facts_until)
SELECT 'acc_' || n % ACCOUNTS, 'gw-1-' || n, 'u', 'organisation/model-' || (n / ACCOUNTS) % 10,
    lpad(to_hex(n % ACCOUNTS + 1), 32, '0'), ((1 + n % 97)::numeric / 100), 1 + n % 3, 1800, false,
    at, at, at + interval '20 seconds', 'modified', NULL,
    at + interval '20 seconds' + n % 2500 * interval '1 second' + n % 997 * interval '1 millisecond',
    'deleted', 'delete_answer', false, at, 1, at, false, 'p', at, at + interval '50 minutes'
FROM (SELECT n, '2026-10-01T00:00:30Z'::timestamptz + n * (interval '30 days' / SESSIONS) AS at
      FROM generate_series(0, SESSIONS - 1) n) made)";

/// What they owe, by the rule of the plan: exact, whole minutes, at least one.
const std::string rated_sql = R"(
SELECT account_id, id, upstream, model, plan, key, gb, concurrency, running_at, ended_at, runs,
       used, billable,
       billable * gb * concurrency AS gb_seconds,
       billable * gb * concurrency * 0.0000166667 AS amount
FROM (SELECT *, greatest(ceil(used / 60) * 60, 60) AS billable
      FROM (SELECT *, extract(epoch FROM ended_at - running_at) AS used FROM sessions) s) s)";

const std::string charges_sql =
    "INSERT INTO charges (account_id, session_id, period, revision, upstream, model, plan, "
    "currency, status, estimated, seconds, used_seconds, rounding_seconds, minimum_seconds, "
    "spin_down_seconds, gb_seconds, amount, basis, runs, key, gb, concurrency, starts_at, "
    "ends_at) SELECT account_id, id, '2026-10', 1, upstream, "
    "model, plan, 'USD', 'rated', false, billable, used, ceil(used / 60) * 60 - used, billable - "
    "ceil(used / 60) * 60, 0, gb_seconds, amount, '{}', runs, key, "
    "gb::text, concurrency, running_at, ended_at FROM (" +
    rated_sql + ") r";

std::string with_sizes(std::string sql, int sessions, int accounts) {
    const auto replace = [&](const std::string& name, int value) {
        for (std::size_t at = 0; (at = sql.find(name, at)) != sql.npos;)
            sql.replace(at, name.size(), std::to_string(value));
    };
    replace("SESSIONS", sessions);
    replace("ACCOUNTS", accounts);
    return sql;
}

class Cluster {
  public:
    Cluster(const std::string& directory, int sessions, int accounts) {
        platform::EmbeddedPostgresOptions options;
        options.data_dir = directory + "/postgres";
        postgres_ = platform::EmbeddedPostgres::open(options);
        const std::string own = postgres_->connection_string();
        prefix_ = own.substr(0, own.rfind('=') + 1);
        Link(own).run("CREATE DATABASE metered");
        fill(url_of("metered"), sessions, accounts);
    }
    std::string url_of(const std::string& name) const { return prefix_ + name; }
    void copy(const std::string& name) {
        Link link(postgres_->connection_string());
        link.run("DROP DATABASE IF EXISTS " + name);
        link.run("CREATE DATABASE " + name + " TEMPLATE metered");
    }

  private:
    static void fill(const std::string& url, int sessions, int accounts) {
        ledger::migrate(url);
        ledger::Store store({.connection_string = [url] { return url; }});
        ledger::add_plan(store, plan);
        ledger::set_default_plan(store, "p", *calendar::parse_instant("2026-01-01T00:00:00Z"));
        Link link(url);
        link.run(
            "INSERT INTO accounts (id, name, currency, passthrough, timezone) SELECT 'acc_' || "
            "n, 'account ' || n, 'USD', true, 'UTC' FROM generate_series(0, " +
            std::to_string(accounts - 1) + ") n");
        link.run(with_sizes(sessions_sql, sessions, accounts));
        link.run(charges_sql);
        link.run("INSERT INTO month_sums SELECT * FROM recomputed_month_sums");
        link.run("INSERT INTO charge_batches SELECT DISTINCT account_id, period FROM charges");
        link.run("VACUUM ANALYZE");
    }

    std::unique_ptr<platform::EmbeddedPostgres> postgres_;
    std::string prefix_;
};

template <class Act>
std::int64_t micros_of(Act act) {
    const std::int64_t from = platform::monotonic_micros();
    act();
    return platform::monotonic_micros() - from;
}

std::int64_t close_all(const std::string& url, const std::vector<ledger::Account>& accounts,
                       std::size_t jobs) {
    std::size_t issued = 0;
    const std::int64_t micros = micros_of([&] {
        cli::close_each(accounts,
                        {.store = {.connection_string = [url] { return url; }},
                         .month = {2026, 10},
                         .terms = {.issuer = {.name = "Issuer"}, .series = "TG"},
                         .now = *calendar::parse_instant("2026-11-02T00:00:00Z"),
                         .jobs = jobs},
                        [&](const ledger::Account&, const ledger::Closing& closing) {
                            if (closing.issued) ++issued;
                        });
    });
    if (issued != accounts.size()) throw std::runtime_error("not every account was closed");
    return micros;
}

std::string sums_of(const std::string& rows, const std::string& group) {
    return "SELECT count(*), sum(a) FROM (SELECT " + group +
           ", sum(amount) AS a, sum(gb_seconds), "
           "sum(runs), count(*) FROM (" +
           rows + ") r GROUP BY " + group + ") sums";
}

void run_round(Cluster& cluster, std::size_t jobs) {
    cluster.copy("round");
    const std::string url = cluster.url_of("round");
    ledger::Store store({.connection_string = [url] { return url; }});
    const auto accounts = ledger::list_accounts(store, true);
    const Instant now = *calendar::parse_instant("2026-11-02T00:00:00Z");
    Link link(url);
    link.run("SET max_parallel_workers_per_gather = 2");
    link.run("SET work_mem = '1GB'");
    link.run("SET jit = off");
    const auto report = [&](invoicing::UsageBy by) {
        return micros_of([&] { (void)ledger::read_usage(store, accounts, {2026, 10}, by, now); });
    };
    const auto raw = [&](const std::string& group) {
        return micros_of(
            [&] { link.ask(sums_of("SELECT * FROM charges WHERE period = '2026-10'", group)); });
    };
    link.ask("SELECT count(*) FROM sessions");
    link.ask("SELECT count(*) FROM charges");
    const auto by_account = report(invoicing::UsageBy::account);
    const auto raw_by_account = raw("account_id");
    const auto by_model = report(invoicing::UsageBy::model);
    const auto raw_by_model = raw("account_id, model");
    const auto peer = micros_of([&] { link.ask(sums_of(rated_sql, "account_id, model, plan")); });
    const auto closing = close_all(url, accounts, jobs);
    std::printf("%lld %lld %lld %lld %lld %lld\n", static_cast<long long>(closing),
                static_cast<long long>(peer), static_cast<long long>(by_account),
                static_cast<long long>(raw_by_account), static_cast<long long>(by_model),
                static_cast<long long>(raw_by_model));
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) try {
    if (count != 6) return 2;
    const int sessions = std::atoi(arguments[2]);
    const int accounts = std::atoi(arguments[3]);
    Cluster cluster(arguments[1], sessions, accounts);
    std::printf("%d %d\n", sessions, accounts);
    for (int round = 0; round < std::atoi(arguments[4]); ++round)
        run_round(cluster, static_cast<std::size_t>(std::atoi(arguments[5])));
    return 0;
} catch (const std::exception& error) {
    std::fprintf(stderr, "close: %s\n", error.what());
    return 1;
}
