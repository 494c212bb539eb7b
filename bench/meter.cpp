// Sessions and charges from facts: the production meter beside SQL that is written for nothing but
// these facts (meter_peer.sql), over the same rows in the same cluster, into tables with the same
// keys and constraints.
//   meter cold DIRECTORY SESSIONS ACCOUNTS ROUNDS PEER.sql: each round from copies of a database
//     in which nothing is folded; prints SESSIONS, micros of the meter, micros of the peer.
//   meter curve DIRECTORY SESSIONS ACCOUNTS: on books that grow tenfold up to SESSIONS, and again
//     with 1, 10, … new ones; prints sessions in the books, new ones, micros.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <future>
#include <iterator>

#include "ledger/meter.h"
#include "ledger/migrations.h"
#include "ledger/plans.h"
#include "lifecycle/fact_json.h"
#include "link.h"
#include "platform/clock.h"
#include "platform/embedded_postgres.h"

namespace {

using bench::Link;
using calendar::Duration;
using calendar::Instant;
using lifecycle::Fact;

constexpr int models_per_account = 10;
constexpr int meter_count = 2;  // as many as `serve` runs
constexpr const char* plan = R"({"plan": "p", "currency": "USD",
    "rate_per_gb_second": "0.0000166667", "starts_at": "running", "minimum_seconds": 60,
    "increment_seconds": 60, "spin_down": "billed", "shutdown_grace_seconds": 120,
    "failed_boot": "free", "per_replica": true, "gb_basis": "required_ram"})";

std::string fingerprint_of(int account) {
    char text[33];
    std::snprintf(text, sizeof text, "%032x", static_cast<unsigned>(account + 1));
    return text;
}

/// Lives whose every instant is exact: seven of ten are used and deleted, three expire unused.
class Lives {
  public:
    explicit Lives(int accounts) : accounts_(accounts) {}

    std::vector<Fact> next() {
        const int number = count_++;
        account = number % accounts_;
        model = "organisation/model-" +
                std::to_string(10 * (account % 5) + number / accounts_ % models_per_account);
        key_ = lifecycle::KeyFingerprint(fingerprint_of(account));
        name_ = lifecycle::ModelName(model);
        const bool expires = number % 10 < 3;
        options_ = {.concurrency = 1 + number % 3, .expiration_seconds = expires ? 600 : 1800};
        load_ = start_ + Duration{2'500'000L * number + 137L * (number % 1'009)};
        running_ = load_ + Duration{20'000'000L + 7'919L * (number % 5'003)};
        std::vector<Fact> facts = boot(number);
        if (expires) {
            const Instant end = running_ + Duration{601'000'000L + 9'973L * (number % 9'001)};
            facts.push_back(seen("STOPPED", end + Duration::seconds(5), end));
        } else {
            const Instant run = running_ + Duration::seconds(30);
            lifecycle::Runs runs{.key = key_,
                                 .model = name_,
                                 .minute = run,
                                 .arrived = 1,
                                 .accepted = 1,
                                 .first_arrival = run,
                                 .last_arrival = run,
                                 .last_accepted_end = run + Duration::seconds(1)};
            facts.push_back({run + Duration::seconds(1), runs});
            lifecycle::DeleteAnswered gone;
            gone.call = call();
            gone.key = key_;
            gone.model = name_;
            gone.status = 200;
            gone.sent_at = running_ + Duration{31'000'000L + 99'991L * (number % 15'013)};
            facts.push_back({gone.sent_at + Duration::milliseconds(40), gone});
        }
        return facts;
    }

    int account = 0;    // of the latest
    std::string model;  // of the latest

  private:
    std::vector<Fact> boot(int number) {
        lifecycle::LoadRequested asked{call(), key_, name_, options_,
                                       "0." + std::to_string(1 + number % 97)};
        lifecycle::LoadAnswered answered;
        answered.call = asked.call;
        answered.key = key_;
        answered.model = name_;
        answered.options = options_;
        answered.gb = asked.gb;
        answered.status = 200;
        answered.accepted = true;
        answered.sent_at = load_;
        return {{load_, asked},
                {load_ + Duration::milliseconds(90), answered},
                seen("DEPLOYING", load_ + Duration::seconds(4), load_),
                seen("RUNNING", running_ + Duration::seconds(1), running_)};
    }
    Fact seen(const char* state, Instant at, Instant modified) const {
        lifecycle::InstanceSeen seen;
        seen.key = key_;
        seen.model = name_;
        seen.source = lifecycle::Source::watcher;
        seen.asked_at = at;
        seen.state = state;
        seen.concurrency = options_.concurrency;
        seen.inferences = 0;
        seen.expiration_seconds = options_.expiration_seconds;
        seen.created = load_ + Duration::milliseconds(50);
        seen.modified = modified;
        seen.expires_at = running_ + Duration::seconds(options_.expiration_seconds);
        return {at, seen};
    }
    lifecycle::CallId call() { return {.boot = 1, .number = ++call_}; }

    int accounts_;
    int count_ = 0;
    std::uint64_t call_ = 0;
    Instant start_ = calendar::parse_instant("2026-09-05T00:00:00Z").value();
    lifecycle::KeyFingerprint key_;
    lifecycle::ModelName name_;
    lifecycle::LoadOptions options_;
    Instant load_;
    Instant running_;
};

/// Facts into the books as the shipper would leave them, each instance marked.
class Books {
  public:
    Books(const std::string& url, int accounts)
        : link_(url), accounts_(accounts), lives_(accounts) {
        for (const char* month : {"2026-09-01", "2026-10-01", "2026-11-01"})
            link_.run(std::string("SELECT make_fact_partition('") + month + "T00:00:00Z')");
        link_.run("INSERT INTO gateways (id, upstream) VALUES ('gw', 'u')");
        link_.run(
            "INSERT INTO accounts (id, name, currency, passthrough, timezone) SELECT 'acc_' || n, "
            "'account ' || n, 'USD', true, CASE WHEN n % 2 = 0 THEN 'UTC' ELSE "
            "'Europe/Berlin' END FROM generate_series(0, " +
            std::to_string(accounts - 1) + ") n");
        link_.run(
            "INSERT INTO keys (fingerprint, account_id, managed) SELECT lpad(to_hex(n + 1), 32, "
            "'0'), 'acc_' || n, false FROM generate_series(0, " +
            std::to_string(accounts - 1) + ") n");
    }

    void add(int sessions) {
        link_.run("BEGIN");
        link_.start_copy(
            "COPY facts (gateway, sequence, account_id, upstream, kind, key, model, occurred_at, "
            "recorded_at, body, chain) FROM STDIN");
        std::string earliest;
        for (int i = 0; i < sessions; ++i) {
            for (const Fact& fact : lives_.next()) put(fact);
        }
        link_.end_copy();
        link_.run("COMMIT");
        total_ += sessions;
        link_.run(
            "INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
            "SELECT account_id, upstream, model, min(occurred_at), now() FROM facts "
            "WHERE sequence > " +
            std::to_string(marked_) + " GROUP BY 1, 2, 3");
        marked_ = sequence_;
    }
    Link& link() { return link_; }
    int total() const { return total_; }

  private:
    void put(const Fact& fact) {
        const std::string at = calendar::to_text(fact.occurred_at);
        const std::string body = lifecycle::to_json(fact);
        const auto kind = body.find("\"kind\":\"") + 8;
        link_.put("gw\t" + std::to_string(++sequence_) + "\tacc_" + std::to_string(lives_.account) +
                  "\tu\t" + body.substr(kind, body.find('"', kind) - kind) + "\t" +
                  fingerprint_of(lives_.account) + "\t" + lives_.model + "\t" + at + "\t" + at +
                  "\t" + body + "\t\\\\x" + std::string(64, '0') + "\n");
    }

    Link link_;
    int accounts_;
    Lives lives_;
    int total_ = 0;
    long sequence_ = 0;
    long marked_ = 0;
};

class Cluster {
  public:
    explicit Cluster(const std::string& directory) {
        platform::EmbeddedPostgresOptions options;
        options.data_dir = directory + "/postgres";
        postgres_ = platform::EmbeddedPostgres::open(options);
        ledger::migrate(postgres_->connection_string());
        ledger::Store store(options_of(url("tollgate")));
        ledger::add_plan(store, plan);
        ledger::set_default_plan(store, "p",
                                 calendar::parse_instant("2026-01-01T00:00:00Z").value());
    }
    std::string url(const std::string& database) const {
        return postgres_->connection_string() + " dbname=" + database;
    }
    static ledger::StoreOptions options_of(const std::string& url) {
        ledger::StoreOptions store;
        store.connection_string = [url] { return url; };
        store.statement_timeout = Duration::seconds(600);
        return store;
    }

  private:
    std::unique_ptr<platform::EmbeddedPostgres> postgres_;
};

std::int64_t meter_all(const std::string& url) {
    const auto began = platform::monotonic_micros();
    std::vector<std::future<void>> meters;
    for (int i = 0; i < meter_count; ++i) {
        meters.push_back(std::async(std::launch::async, [&url, i] {
            ledger::Meter meter(Cluster::options_of(url), {.index = i, .count = meter_count});
            while (meter.meter_pending(true) > 0) {
            }
        }));
    }
    for (auto& meter : meters) meter.get();
    return platform::monotonic_micros() - began;
}

std::string totals_of(Link& link, const std::string& charges) {
    return link.ask(
        "SELECT count(*) || ' ' || coalesce(md5(string_agg(account_id || ' ' || period || ' ' || "
        "rows || ' ' || seconds || ' ' || spin || ' ' || amount, ',' ORDER BY account_id, "
        "period)), '') FROM "
        "(SELECT account_id, period, count(*) AS rows, trim_scale(sum(seconds)) AS seconds, "
        "trim_scale(sum(spin_down_seconds)) AS spin, trim_scale(sum(amount)) AS amount FROM " +
        charges + " GROUP BY account_id, period) t");
}

void measure_cold(const std::string& directory, int sessions, int accounts, int rounds,
                  const std::string& peer_sql) {
    const Cluster cluster(directory);
    {
        Books books(cluster.url("tollgate"), accounts);
        books.add(sessions);
        books.link().run("VACUUM ANALYZE");
    }
    for (int round = 0; round < rounds; ++round) {
        Link admin(cluster.url("postgres"));
        const auto in_copy = [&](auto act) {
            admin.run("CREATE DATABASE round TEMPLATE tollgate");
            admin.run("CHECKPOINT");
            act();
            admin.run("DROP DATABASE round WITH (FORCE)");
        };
        std::int64_t ours = 0;
        std::int64_t theirs = 0;
        std::string our_totals;
        std::string their_totals;
        in_copy([&] {
            ours = meter_all(cluster.url("round"));
            Link link(cluster.url("round"));
            our_totals = totals_of(link, "charges");
            if (link.ask("SELECT count(*) FROM sessions WHERE end_reason IS NOT NULL") !=
                std::to_string(sessions))
                throw std::runtime_error("the meter did not find every session");
        });
        in_copy([&] {
            Link link(cluster.url("round"));
            const auto began = platform::monotonic_micros();
            link.run(peer_sql);
            theirs = platform::monotonic_micros() - began;
            their_totals = totals_of(link, "peer_charges");
        });
        if (our_totals != their_totals)
            throw std::runtime_error("the amounts differ: " + our_totals + " and " + their_totals);
        std::printf("%d %lld %lld\n", sessions, static_cast<long long>(ours),
                    static_cast<long long>(theirs));
        std::fflush(stdout);
    }
}

void measure_curve(const std::string& directory, int sessions, int accounts) {
    const Cluster cluster(directory);
    const std::string url = cluster.url("tollgate");
    Books books(url, accounts);
    for (int size = 1'000; size <= sessions; size *= 10) {
        books.add(size - books.total());
        (void)meter_all(url);
        books.link().run("VACUUM ANALYZE");
        for (int added = 1; added <= 1'000; added *= 10) {
            books.add(added);
            books.link().run("CHECKPOINT");
            std::printf("%d %d %lld\n", books.total(), added,
                        static_cast<long long>(meter_all(url)));
            std::fflush(stdout);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        if (argc == 7 && std::string(argv[1]) == "cold") {
            std::ifstream file(argv[6]);
            const std::string sql{std::istreambuf_iterator<char>(file), {}};
            if (sql.empty()) throw std::runtime_error(std::string("cannot read ") + argv[6]);
            measure_cold(argv[2], std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]), sql);
        } else if (argc == 5 && std::string(argv[1]) == "curve") {
            measure_curve(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
        } else {
            return 2;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "meter: %s\n", error.what());
        return 1;
    }
    return 0;
}
