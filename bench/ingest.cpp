// Facts from a sealed journal to committed rows, beside a bare COPY of the same rows.
// ingest DIRECTORY SESSIONS RUNS ROUNDS: SESSIONS lives of 1,000 accounts, each with RUNS runs.
// A round ships a fresh journal through the production shipper, then copies the rows that came of
// it, as text, in one transaction, into a table without index or trigger in the same cluster.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "journal/journal.h"
#include "journal/reader.h"
#include "ledger/batch_source.h"
#include "ledger/migrations.h"
#include "ledger/shipper.h"
#include "lifecycle/fact_json.h"
#include "link.h"
#include "platform/clock.h"
#include "platform/disk.h"
#include "platform/embedded_postgres.h"

namespace {

using bench::Link;
using calendar::Duration;
using calendar::Instant;
using lifecycle::KeyFingerprint;
using lifecycle::ModelName;

constexpr int account_count = 1'000;
constexpr int model_count = 200;

KeyFingerprint key_of(int account) {
    char text[33];
    std::snprintf(text, sizeof text, "%032x", static_cast<unsigned>(account + 1));
    return KeyFingerprint(text);
}

class Lives {
  public:
    Lives(Instant start, int runs) : start_(start), runs_(runs) {}

    /// The facts of one session; sessions overlap in time as those of many accounts do.
    std::vector<lifecycle::Fact> next() {
        const int number = count_++;
        const KeyFingerprint key = key_of(number % account_count);
        const ModelName model("organisation/model-" + std::to_string(number / 7 % model_count));
        const Instant load = start_ + Duration::milliseconds(20L * number);
        const Instant running = load + Duration::seconds(40);
        std::vector<lifecycle::Fact> facts;
        const lifecycle::LoadRequested asked{call(), key, model, {}, "0.5"};
        facts.push_back({load, asked});
        lifecycle::LoadAnswered answered;
        answered.call = asked.call;
        answered.key = key;
        answered.model = model;
        answered.gb = "0.5";
        answered.status = 200;
        answered.accepted = true;
        answered.sent_at = load;
        answered.date = load;
        facts.push_back({load + Duration::milliseconds(90), answered});
        facts.push_back(seen(key, model, "DEPLOYING", load, load + Duration::seconds(4)));
        facts.push_back(seen(key, model, "RUNNING", load, running));
        for (int run = 0; run < runs_; ++run) {
            const Instant at = running + Duration::milliseconds(700L * run);
            const auto id = call();
            facts.push_back({at, lifecycle::RunArrived{id, key, model}});
            facts.push_back({at + Duration::milliseconds(400),
                             lifecycle::RunEnded{id, key, model, 200, 120, 4'000, false}});
        }
        lifecycle::DeleteAnswered gone;
        gone.call = call();
        gone.key = key;
        gone.model = model;
        gone.status = 200;
        gone.sent_at = running + Duration::seconds(300);
        gone.date = gone.sent_at;
        facts.push_back({gone.sent_at, gone});
        return facts;
    }

  private:
    lifecycle::CallId call() { return {.boot = 1, .number = ++call_}; }
    static lifecycle::Fact seen(const KeyFingerprint& key, const ModelName& model,
                                const char* state, Instant created, Instant at) {
        lifecycle::InstanceSeen seen;
        seen.key = key;
        seen.model = model;
        seen.source = lifecycle::Source::watcher;
        seen.asked_at = at;
        seen.date = at;
        seen.state = state;
        seen.concurrency = 1;
        seen.inferences = 0;
        seen.expiration_seconds = 1800;
        seen.created = created;
        seen.modified = at;
        seen.expires_at = at + Duration::seconds(1800);
        return {at, seen};
    }

    Instant start_;
    int runs_;
    int count_ = 0;
    std::uint64_t call_ = 0;
};

/// A journal that nobody writes any more.
class WrittenJournal : public ledger::BatchSource {
  public:
    WrittenJournal(const std::string& directory, journal::Sequence end)
        : reader_(platform::posix_disk(), directory), end_(end) {}
    std::optional<journal::SealedBatch> next(journal::Sequence after) override {
        return after + 1 == end_ ? std::nullopt : reader_.next(after);
    }
    void release(journal::Sequence) override {}
    journal::Sequence next_sequence() const override { return end_; }

  private:
    journal::Reader reader_;
    journal::Sequence end_;
};

class Silent : public journal::Producer {
  public:
    void wake() override {}
};

journal::Sequence write_journal(const std::string& directory, int sessions, int runs) {
    const platform::SystemClock clock;
    journal::Options options;
    options.directory = directory;
    const auto log = journal::Journal::open(platform::posix_disk(), clock, options);
    Silent producer;
    journal::Batch batch;
    batch.add(lifecycle::to_json(
        {clock.now(), lifecycle::GatewayStarted{"1", lifecycle::UpstreamId("http://origin")}}));
    Lives lives(clock.now(), runs);
    for (int i = 0; i < sessions; ++i) {
        for (const auto& fact : lives.next()) batch.add(lifecycle::to_json(fact));
        if (batch.size() < 2'000 && i + 1 < sessions) continue;
        const auto last = log->submit(producer, batch);
        if (last == 0) throw std::runtime_error("the journal does not take it");
        while (producer.durable() < last) std::this_thread::yield();
    }
    log->close();
    return log->next_sequence();
}

void measure(const std::string& directory, int sessions, int runs, int rounds) {
    platform::EmbeddedPostgresOptions postgres_options;
    postgres_options.data_dir = directory + "/postgres";
    const auto postgres = platform::EmbeddedPostgres::open(postgres_options);
    const std::string url = postgres->connection_string();
    ledger::migrate(url);
    Link link(url);
    for (int i = 0; i < account_count; ++i) {
        const std::string id = "acc_" + std::to_string(i);
        link.run("INSERT INTO accounts (id, name, currency) VALUES ('" + id + "', '" + id +
                 "', 'USD')");
        link.run("INSERT INTO keys (fingerprint, account_id, managed) VALUES ('" +
                 key_of(i).text() + "', '" + id + "', true)");
    }
    const std::string columns =
        "gateway, sequence, account_id, upstream, kind, key, model, occurred_at, recorded_at, "
        "shipped_at, body, chain";
    link.run("CREATE TABLE bare AS SELECT " + columns + " FROM facts WHERE false");
    // Partitioned and indexed as facts are: what a COPY costs where the meter can find its rows.
    link.run("CREATE TABLE found (LIKE facts INCLUDING DEFAULTS) PARTITION BY RANGE (recorded_at)");
    link.run("CREATE TABLE found_all PARTITION OF found DEFAULT");
    link.run("CREATE INDEX ON found (instance_hash(account_id, model), fact_hour(occurred_at))");
    const platform::SystemClock clock;
    for (int round = 0; round < rounds; ++round) {
        const std::string gateway = "gw-" + std::to_string(round);
        const std::string journal_directory = directory + "/" + gateway;
        const auto end = write_journal(journal_directory, sessions, runs);
        WrittenJournal source(journal_directory, end);
        ledger::StoreOptions store;
        store.connection_string = [url] { return url; };
        ledger::Shipper shipper(store, {.gateway = lifecycle::GatewayId(gateway)}, source, clock);
        link.run("CHECKPOINT");
        const auto cpu_began = std::clock();
        const auto began = platform::monotonic_micros();
        while (shipper.ship_next()) {
        }
        const auto shipped = platform::monotonic_micros() - began;
        const auto cpu = (std::clock() - cpu_began) * 1'000'000 / CLOCKS_PER_SEC;
        const auto lines = link.copy_out(
            "COPY (SELECT " + columns + " FROM facts WHERE gateway = '" + gateway + "') TO STDOUT");
        link.run("TRUNCATE bare");
        link.run("CHECKPOINT");
        const auto copy_began = platform::monotonic_micros();
        link.copy_in("COPY bare FROM STDIN", lines);
        const auto copied = platform::monotonic_micros() - copy_began;
        link.run("CHECKPOINT");
        const auto found_began = platform::monotonic_micros();
        link.copy_in("COPY found (" + columns + ") FROM STDIN", lines);
        const auto found = platform::monotonic_micros() - found_began;
        if (link.ask("SELECT sequence FROM gateways WHERE id = '" + gateway + "'") !=
            std::to_string(end - 1))
            throw std::runtime_error("not all of it was shipped");
        std::printf("%llu %zu %lld %lld %lld %lld\n", static_cast<unsigned long long>(end - 1),
                    lines.size(), static_cast<long long>(shipped), static_cast<long long>(copied),
                    static_cast<long long>(cpu), static_cast<long long>(found));
        std::fflush(stdout);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    try {
        measure(argv[1], std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "ingest: %s\n", error.what());
        return 1;
    }
    return 0;
}
