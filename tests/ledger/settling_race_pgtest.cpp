// Shipping, metering, closing, voiding and paying at once, while connections are killed: afterwards
// each charge is on one standing invoice or open, sums and numbers agree, and an invoice's appendix
// says what its lines do.
// TOLLGATE_RACE_STEPS=2000 build/tests/ledger/ledger_tests --gtest_filter='SettlingRace.*'
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "invoicing/document.h"
#include "ledger/settlement.h"
#include "ledger/verification.h"
#include "platform/clock.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using calendar::Instant;
using lifecycle::Fact;
using lifecycle::KeyFingerprint;
using lifecycle::ModelName;

class SettlingRace : public MeteredBooks {
  protected:
    static constexpr int accounts = 6;
    static constexpr int models = 3;

    static KeyFingerprint key_of(int account) { return key("a" + std::to_string(account)); }
    static ModelName model_of(int model) { return ModelName("org/model-" + std::to_string(model)); }

    static std::vector<Fact> life_of(const KeyFingerprint& by, const ModelName& model, Instant load,
                                     std::int64_t seconds) {
        Fact seen = seen_running(load + Duration::seconds(1), load, load, by);
        std::get<lifecycle::InstanceSeen>(seen.body).model = model;
        return {loaded(load, by, "1", 200, model), seen, end_of(by, model, load, seconds)};
    }
    static Fact end_of(const KeyFingerprint& by, const ModelName& model, Instant load,
                       std::int64_t seconds) {
        Fact end = deleted(load + Duration::seconds(seconds), by);
        std::get<lifecycle::DeleteAnswered>(end.body).model = model;
        return end;
    }
    static std::vector<Fact> run_of(const KeyFingerprint& by, const ModelName& model,
                                    Instant when) {
        Fact arrived = run_arrived(when, by);
        Fact ended = run_ended(when + Duration::seconds(1), by);
        std::get<lifecycle::RunArrived>(arrived.body).model = model;
        std::get<lifecycle::RunEnded>(ended.body).model = model;
        return {arrived, ended};
    }

    /// Until the time is over; what the database could not do is tried again, as a person would.
    template <class Act>
    void keep_on(const char* what, Act act) {
        threads_.emplace_back([this, what, act] {
            Store store(options());
            std::mt19937 random(static_cast<unsigned>(seed_ + ++streams_));
            while (!over_) {
                try {
                    act(store, random);
                } catch (const Refused&) {
                } catch (const Unavailable& error) {
                    ++broken_;
                    if (std::string(error.what()).find("deadlock") != std::string::npos) {
                        ++deadlocks_;
                        const std::lock_guard lock(mutex_);
                        std::cout << what << ": " << error.what() << "\n";
                    }
                } catch (const std::exception& error) {
                    const std::lock_guard lock(mutex_);
                    ADD_FAILURE() << what << ": " << error.what();
                }
            }
        });
    }

    static std::vector<Fact> facts_at_random(std::mt19937& random, int account) {
        const auto by = key_of(account);
        const auto model = model_of(static_cast<int>(random() % models));
        // No two accounts' instances are made at one instant: none is taken for another's.
        const auto load =
            start_of_lives() +
            Duration::seconds(static_cast<std::int64_t>(random() % 1200) * 4'000 + account);
        switch (random() % 4) {
            case 0:
                return run_of(by, model, load + Duration::seconds(5));
            case 1:
                return {end_of(by, model, load, 30 + static_cast<int>(random() % 300))};
            default:
                return life_of(by, model, load, 60 + static_cast<int>(random() % 3'000));
        }
    }
    static Instant start_of_lives() { return at("2026-10-05T10:00:00Z"); }
    /// What is found out when all is quiet.
    void correct_at_random() {
        std::mt19937 random(static_cast<unsigned>(seed_));
        for (int i = 0; i < 100; ++i) {
            source_of("gw-1").seal(facts_at_random(random, static_cast<int>(random() % accounts)));
        }
        ship_all("gw-1");
        meter();
    }

    /// Lives, late ends and late runs, each gateway its own.
    void ship_at_random(const std::string& gateway, int first_account) {
        race_sources_[gateway] = std::make_unique<MemorySource>();
        source_of(gateway).seal({started(start_)});
        keep_on("shipper", [this, gateway, first_account](Store&, std::mt19937& random) {
            const auto facts = facts_at_random(
                random, first_account + static_cast<int>(random() % (accounts / 2)));
            source_of(gateway).seal(facts);
            ship_all(gateway);
            over_ = over_ || ++steps_ >= wanted_;
            steps_.notify_all();
        });
    }
    MemorySource& source_of(const std::string& gateway) { return *race_sources_.at(gateway); }
    void ship_all(const std::string& gateway) {
        Shipper shipper(options(),
                        {.gateway = lifecycle::GatewayId(gateway), .make_accounts = true},
                        source_of(gateway), clock_);
        while (shipper.ship_next()) {
        }
    }

    void meter_all() {
        keep_on("meter", [meter = std::make_shared<Meter>(options())](Store&, std::mt19937&) {
            (void)meter->meter_pending(true);
        });
    }
    void close_at_random() {
        keep_on("closer", [this](Store& store, std::mt19937& random) {
            std::vector<Account> some;
            for (const Account& account : list_accounts(store, true))
                if (random() % 2 == 0) some.push_back(account);
            std::ranges::shuffle(some, random);
            const calendar::Month month{2026, 10 + static_cast<int>(random() % 2)};
            for (const Closing& closing : close_months(store, some, month, terms_, now()))
                for (const auto& obstacle : closing.obstacles)
                    throw std::logic_error(obstacle.reason);
        });
    }
    void settle_at_random() {
        keep_on("settler", [this](Store& store, std::mt19937& random) {
            const auto all = list_invoices(store, {});
            if (all.empty()) return;
            const std::string number = all[random() % all.size()].number;
            if (random() % 4 == 0) {
                record_payment(store,
                               {.number = number,
                                .paid_on = "2026-12-01",
                                .reference = std::to_string(random()),
                                .author = "Ada"},
                               now());
            } else {
                void_invoice(store, {.number = number, .reason = "why", .author = "Ada"}, terms_,
                             now());
            }
        });
    }
    /// Every few steps.
    void kill_at_random() {
        keep_on("killer", [this](Store&, std::mt19937& random) {
            const int before = steps_;
            while (!over_ && steps_ < before + 5) steps_.wait(steps_);
            ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
                "current_database() AND application_name = 'tollgate' ORDER BY hashtext(pid::text "
                "|| '" +
                std::to_string(random()) + "') LIMIT 1");
        });
    }
    Instant now() { return at("2026-12-02T00:00:00Z") + Duration::seconds(++moments_); }

    void race() {
        ship_at_random("gw-1", 0);
        ship_at_random("gw-2", accounts / 2);
        for (int i = 0; i < 2; ++i) {
            meter_all();
            close_at_random();
            settle_at_random();
        }
        kill_at_random();
        for (auto& thread : threads_) thread.join();
        connect_again();
        for (const auto& [gateway, source] : race_sources_) ship_all(gateway);
        meter();
    }
    /// The test's own connections may have been killed as well.
    void connect_again() {
        for (int i = 0; i < 2; ++i) {
            try {
                (void)meter_.meter_pending(true);
                (void)list_accounts(store_, true);
            } catch (const Unavailable&) {
                continue;
            }
        }
    }

    void expect_nothing(const std::string& what, const std::string& rows) {
        EXPECT_EQ(ask("SELECT count(*) FROM (" + rows + ") wrong"), "0") << what;
    }
    void expect_books_agree() {
        const auto wrong = verify_books(store_, {}).difference;
        if (wrong)
            ADD_FAILURE() << wrong->subject << ": " << wrong->what << ": expected "
                          << wrong->expected << ", found " << wrong->found;
        expect_nothing("charges on two standing invoices",
                       "SELECT FROM standing_charges GROUP BY account_id, session_id, period, "
                       "revision HAVING count(*) > 1");
        expect_nothing("free charges of a period that no closing looks at",
                       "SELECT FROM charges c JOIN charge_batches b USING (account_id, period) "
                       "WHERE NOT b.is_open AND NOT EXISTS (SELECT FROM standing_charges s WHERE "
                       "(s.account_id, s.session_id, s.period, s.revision) = (c.account_id, "
                       "c.session_id, c.period, c.revision))");
        expect_nothing("charges of a batch yet to come",
                       "SELECT FROM charges c LEFT JOIN charge_batches b USING (account_id, "
                       "period) WHERE b.batch IS NULL OR c.batch > b.batch");
        expect_nothing(
            "gaps of numbers",
            "SELECT FROM invoices GROUP BY series, year HAVING count(*) <> max(counter)");
        EXPECT_EQ(ask("SELECT sum(total_exact) = (SELECT sum(amount) FROM charges JOIN "
                      "standing_charges USING (account_id, session_id, period, revision)) FROM "
                      "invoices"),
                  "t");
    }
    static std::string sums_of_lines(const invoicing::Invoice& invoice) {
        std::int64_t instances = 0;
        std::int64_t runs = 0;
        for (const auto& line : invoice.lines) instances += line.instances, runs += line.runs;
        return std::to_string(instances) + " instances " + std::to_string(runs) + " runs";
    }
    static std::string sums_of_sessions(const invoicing::Invoice& invoice) {
        std::int64_t runs = 0;
        for (const auto& entry : invoice.sessions) runs += entry.runs;
        const auto instances = static_cast<std::int64_t>(invoice.sessions.size());
        return std::to_string(invoice.voids.empty() ? instances : -instances) + " instances " +
               std::to_string(runs) + " runs";
    }
    std::map<std::string, std::string> documents() {
        std::map<std::string, std::string> all;
        for (const auto& summary : list_invoices(store_, {})) {
            const auto invoice = get_invoice(store_, summary.number);
            EXPECT_EQ(sums_of_lines(invoice), sums_of_sessions(invoice)) << summary.number;
            all[summary.number] = to_json(invoice, invoicing::Layout::compact);
        }
        return all;
    }

    int wanted_ = [] {
        const char* text = std::getenv("TOLLGATE_RACE_STEPS");
        return text ? std::atoi(text) : 150;
    }();
    std::int64_t seed_ = std::random_device()();
    std::map<std::string, std::unique_ptr<MemorySource>> race_sources_;
    std::atomic<bool> over_ = false;
    std::atomic<int> steps_ = 0;
    std::atomic<int> moments_ = 0;
    std::atomic<int> streams_ = 0;
    std::atomic<int> broken_ = 0;
    std::atomic<int> deadlocks_ = 0;
    std::mutex mutex_;
    std::vector<std::thread> threads_;
};

TEST_F(SettlingRace, LosesNothingAndCountsNothingTwice) {
    race();
    std::cout << broken_ << " broken transactions, " << deadlocks_ << " deadlocks, "
              << ask("SELECT count(*) FROM invoices") << " invoices, seed " << seed_ << "\n";
    expect_books_agree();
    const auto before = documents();
    correct_at_random();
    for (const calendar::Month month : {calendar::Month{2026, 10}, calendar::Month{2026, 12}})
        close_months(store_, list_accounts(store_, true), month, terms_,
                     at("2027-01-03T00:00:00Z"));
    expect_books_agree();
    EXPECT_EQ(ask("SELECT count(*) FROM charge_batches WHERE is_open"), "0");
    const auto after = documents();
    for (const auto& [number, text] : before) EXPECT_EQ(after.at(number), text) << number;
}

}  // namespace
}  // namespace ledger
