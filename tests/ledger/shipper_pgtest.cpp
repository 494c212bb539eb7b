#include "ledger/shipper.h"

#include <csignal>
#include <thread>

#include "ledger/postgres_books.h"
#include "ledger/posting.h"
#include "platform/clock.h"
#include "support/fact_builders.h"
#include "support/memory_source.h"
#include "support/postgres_fixture.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;

const lifecycle::GatewayId gateway{"gw-test"};

class ShipperTest : public PostgresTest {
  protected:
    Shipper make_shipper(bool make_accounts = true) {
        return Shipper(options(), {.gateway = gateway, .make_accounts = make_accounts}, source_,
                       clock_);
    }
    void ship_all() {
        Shipper shipper = make_shipper();
        while (shipper.ship_next()) {
        }
    }
    template <class Done>
    bool wait_until(Done done) {
        for (int i = 0; i < 600; ++i) {
            if (done()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(25));
        }
        return false;
    }

    MemorySource source_;
    platform::SystemClock clock_;
    calendar::Instant start_ = at("2026-10-05T10:00:00Z");
};

// libpq quotes what it cannot read.
TEST(StoreTest, AnUnreadableUriIsRefusedWithoutItsPassword) {
    for (const char* uri : {"postgresql://u:canary@[::1/db", "postgresql://u:canary%zz@h/db"}) {
        StoreOptions options;
        options.connection_string = [uri] { return uri; };
        const auto said = [](const auto& act) -> std::string {
            try {
                act();
                return "";
            } catch (const Refused& refused) {
                return refused.what();
            }
        };
        for (const std::string& text :
             {said([&] { Store(options).check_schema(); }), said([&] { migrate(uri); })}) {
            EXPECT_THAT(text, testing::HasSubstr("database.url cannot be read"));
            EXPECT_THAT(text, testing::Not(testing::HasSubstr("canary")));
        }
    }
}

TEST_F(ShipperTest, ShipsABatchOnceThoughSentTwice) {
    source_.seal({started(start_), loaded(start_)});
    ship_all();
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "2");
    EXPECT_EQ(source_.released(), 2u);
    Shipper again = make_shipper();
    EXPECT_FALSE(again.ship_next());
    const auto batch = source_.next(0);
    const Posting posting = transact(
        store_, [&](Work& work) { return post_batch(work, gateway, parse_batch(*batch), {}); });
    EXPECT_EQ(posting, Posting::already_posted);
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "2");
}

TEST_F(ShipperTest, NeverSkipsABatch) {
    source_.seal({started(start_)});
    source_.seal({loaded(start_)});
    make_shipper().heartbeat();  // registers
    const auto second = source_.next(1);
    const Posting posting = transact(
        store_, [&](Work& work) { return post_batch(work, gateway, parse_batch(*second), {}); });
    EXPECT_EQ(posting, Posting::gap);
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "0");
}

// The commit's answer is lost: the server took it, and the shipper does not know.
TEST_F(ShipperTest, ACommitInDoubtThatTookPlaceIsNotSentAgain) {
    source_.seal({started(start_), loaded(start_)});
    Shipper shipper = make_shipper();
    shipper.heartbeat();
    const auto batch = source_.next(0);
    transact(store_, [&](Work& work) {
        ASSERT_EQ(post_batch(work, gateway, parse_batch(*batch), {.make_accounts = true}),
                  Posting::posted);
    });
    EXPECT_TRUE(shipper.ship_next());  // as after the in-doubt commit: finds the mark moved
    EXPECT_EQ(shipper.shipped(), 2u);
    EXPECT_EQ(source_.released(), 2u);
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "2");
}

/// Commits, and tells of the first commit that it is in doubt.
class LosesAnAnswer : public PostgresBooks {
  public:
    using PostgresBooks::PostgresBooks;
    Posting post(const lifecycle::GatewayId& id, ParsedBatch batch,
                 const PostingRules& rules) override {
        const Posting posting = PostgresBooks::post(id, std::move(batch), rules);
        if (std::exchange(has_lost_, true)) return posting;
        throw CommitInDoubt("the answer is lost");
    }

  private:
    bool has_lost_ = false;
};

TEST_F(ShipperTest, WhatIsSealedAfterACommitInDoubtFollowsIt) {
    Shipper shipper(std::make_unique<LosesAnAnswer>(options()),
                    {.gateway = gateway, .make_accounts = true}, source_, clock_);
    source_.seal({started(start_), loaded(start_)});
    EXPECT_THROW(shipper.ship_next(), CommitInDoubt);
    source_.seal({deleted(start_ + Duration::seconds(9))});
    EXPECT_TRUE(shipper.ship_next());
    EXPECT_EQ(shipper.shipped(), 3u);
    EXPECT_EQ(ask("SELECT string_agg(sequence::text, ' ' ORDER BY sequence) FROM facts"), "1 2 3");
}

TEST_F(ShipperTest, WhatWaitsIsOneTransaction) {
    for (int i = 0; i < 5; ++i) source_.seal({loaded(start_ + Duration::seconds(i))});
    Shipper shipper = make_shipper();
    EXPECT_TRUE(shipper.ship_next());
    EXPECT_EQ(shipper.shipped(), 5u);
    EXPECT_FALSE(shipper.ship_next());
    EXPECT_EQ(ask("SELECT count(DISTINCT shipped_at) FROM facts"), "1");
    EXPECT_EQ(ask("SELECT sequence FROM gateways WHERE id = 'gw-test'"), "5");
}

TEST_F(ShipperTest, ABacklogOfManyTransactionsIsShippedOnceThoughACommitIsInDoubt) {
    for (int i = 0; i < 30; ++i) source_.seal({loaded(start_ + Duration::seconds(i))});
    Shipper shipper(std::make_unique<LosesAnAnswer>(options()),
                    {.gateway = gateway, .make_accounts = true, .enough_records = 4}, source_,
                    clock_);
    EXPECT_THROW(shipper.ship_next(), CommitInDoubt);  // with the next four read ahead
    int transactions = 0;
    while (shipper.ship_next()) ++transactions;
    EXPECT_EQ(transactions, 7);
    EXPECT_EQ(shipper.shipped(), 30u);
    EXPECT_EQ(source_.released(), 30u);
    EXPECT_EQ(ask("SELECT count(*) || ' ' || count(DISTINCT sequence) FROM facts"), "30 30");
    EXPECT_EQ(ask("SELECT count(DISTINCT shipped_at) FROM facts"), "8");
    EXPECT_EQ(ask("SELECT count FROM chain_heads WHERE account_id <> ''"), "30");
}

TEST_F(ShipperTest, RowsGoToTheMonthInWhichTheyWereRecorded) {
    const auto november = at("2026-11-01T00:00:00Z");
    std::vector<journal::Record> records;
    for (const auto offset : {-2, 0, -1, 5})  // a clock that was set back
        records.push_back({0, november + Duration{offset}, lifecycle::to_json(loaded(start_))});
    source_.seal_records(records);
    ship_all();
    EXPECT_EQ(ask("SELECT string_agg(sequence::text, ' ' ORDER BY sequence) FROM facts_2026_10"),
              "1 3");
    EXPECT_EQ(ask("SELECT string_agg(sequence::text, ' ' ORDER BY sequence) FROM facts_2026_11"),
              "2 4");
    EXPECT_EQ(ask("SELECT last_sequence || ' ' || count FROM chain_heads"), "4 4");
}

TEST_F(ShipperTest, AnInstanceThatWaitsAlreadyWaitsFromItsEarliestFactAndSoonestTime) {
    source_.seal({started(start_), loaded(start_)});
    ship_all();
    ask("UPDATE pending_instances SET due_at = now() + interval '1 hour'");
    source_.seal({loaded(start_ + Duration::seconds(9))});
    ship_all();
    EXPECT_EQ(ask("SELECT count(*) || ' ' || bool_and(earliest = '2026-10-05T10:00:00Z' AND "
                  "due_at <= now()) FROM pending_instances"),
              "1 true");
    source_.seal({loaded(start_ - Duration::seconds(3600))});
    ship_all();
    EXPECT_EQ(ask("SELECT count(*) || ' ' || bool_and(earliest = '2026-10-05T09:00:00Z' AND "
                  "due_at <= now()) FROM pending_instances"),
              "1 true");
}

/// A source whose third record cannot be read.
class DamagedSource : public MemorySource {
  public:
    std::optional<journal::SealedBatch> next(journal::Sequence after) override {
        if (after == 2) throw std::runtime_error("damaged");
        return MemorySource::next(after);
    }
};

TEST_F(ShipperTest, WhatPrecedesDamageIsShipped) {
    DamagedSource source;
    for (int i = 0; i < 3; ++i) source.seal({loaded(start_ + Duration::seconds(i))});
    Shipper shipper(options(), {.gateway = gateway, .make_accounts = true}, source, clock_);
    EXPECT_TRUE(shipper.ship_next());
    EXPECT_EQ(shipper.shipped(), 2u);
    EXPECT_THROW(shipper.ship_next(), std::runtime_error);
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "2");
}

TEST_F(ShipperTest, ACommitWhoseConnectionDiesIsUnavailableOrInDoubtAndThenSentOnce) {
    source_.seal({started(start_), loaded(start_)});
    make_shipper().heartbeat();
    const auto batch = source_.next(0);
    EXPECT_THROW(transact(store_,
                          [&](Work& work) {
                              const auto backend =
                                  work.exec1("SELECT pg_backend_pid()::text")[0].as<std::string>();
                              (void)post_batch(work, gateway, parse_batch(*batch),
                                               {.make_accounts = true});
                              std::string sql = "SELECT pg_terminate_backend(";
                              sql += backend;
                              sql += ", 5000)";
                              ask(sql);
                          }),
                 Unavailable);
    EXPECT_FALSE(store_.connected());
    ship_all();
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "2");
}

TEST_F(ShipperTest, GoesOnAfterTheServerWasKilled) {
    Shipper shipper = make_shipper();
    shipper.start();
    for (int i = 0; i < 5; ++i) source_.seal({loaded(start_ + Duration::seconds(i))});
    ASSERT_TRUE(wait_until([&] { return shipper.shipped() == 5; }));
    ASSERT_EQ(::kill(TestCluster::instance().postgres().process_id(), SIGKILL), 0);
    for (int i = 5; i < 10; ++i) source_.seal({loaded(start_ + Duration::seconds(i))});
    EXPECT_TRUE(wait_until([&] { return shipper.shipped() == 10; })) << shipper.problem();
    shipper.stop();
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "10");
    EXPECT_EQ(ask("SELECT count(DISTINCT sequence) FROM facts"), "10");
    EXPECT_EQ(shipper.problem(), "");
}

TEST_F(ShipperTest, KeepsFactsWhileTheDatabaseIsAwayAndCatchesUp) {
    std::atomic<bool> away{true};
    StoreOptions store = options();
    store.connection_string = [&, url = url_]() -> std::string {
        if (away) return "host=/nonexistent connect_timeout=1";
        return url;
    };
    Shipper shipper(store, {.gateway = gateway, .make_accounts = true}, source_, clock_);
    for (int i = 0; i < 20; ++i) source_.seal({loaded(start_ + Duration::seconds(i))});
    shipper.start();
    EXPECT_TRUE(wait_until([&] { return !shipper.problem().empty(); }));
    EXPECT_EQ(source_.released(), 0u);
    away = false;
    EXPECT_TRUE(wait_until([&] { return shipper.shipped() == 20; })) << shipper.problem();
    EXPECT_TRUE(wait_until([&] { return shipper.problem().empty(); }));
    shipper.stop();
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "20");
}

TEST_F(ShipperTest, MakesAnAccountOnTheFirstEvidenceThatTheKeyIsTaken) {
    source_.seal({started(start_), loaded(start_, key("bb"), "0.5", 401)});
    ship_all();
    EXPECT_EQ(ask("SELECT count(*) FROM accounts"), "0");
    EXPECT_EQ(ask("SELECT account_id FROM facts WHERE kind = 'load_answered'"), "null");
    source_.seal({loaded(start_ + Duration::seconds(1), key("bb"))});
    ship_all();
    EXPECT_EQ(ask("SELECT name FROM accounts"), "key-bb000000");
    EXPECT_EQ(ask("SELECT count(*) FROM facts JOIN accounts ON id = account_id"), "1");
    EXPECT_EQ(ask("SELECT managed FROM keys"), "f");
}

TEST_F(ShipperTest, TwoKeysThatBeginAlikeAreTwoAccounts) {
    source_.seal({loaded(start_, key("cccccccc1")), loaded(start_, key("cccccccc2"))});
    ship_all();
    EXPECT_EQ(ask("SELECT count(*) FROM accounts"), "2");
    EXPECT_EQ(ask("SELECT count(DISTINCT account_id) FROM keys"), "2");
}

TEST_F(ShipperTest, InManagedModeMakesNoAccount) {
    source_.seal({loaded(start_)});
    Shipper shipper = make_shipper(false);
    EXPECT_TRUE(shipper.ship_next());
    EXPECT_EQ(ask("SELECT count(*) FROM accounts"), "0");
    EXPECT_EQ(ask("SELECT account_id FROM facts"), "null");
}

TEST_F(ShipperTest, RunsOfStrangersAreOneFact) {
    std::vector<lifecycle::Fact> facts{started(start_)};
    for (int i = 0; i < 50; ++i) {
        const auto stranger = key(std::to_string(1000 + i));
        facts.push_back(run_arrived(start_ + Duration::seconds(3 * i), stranger));
        facts.push_back(run_ended(start_ + Duration::seconds(3 * i + 1), stranger, 401));
    }
    source_.seal(facts);
    ship_all();
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "2");
    EXPECT_THAT(
        ask("SELECT body FROM facts WHERE kind = 'runs' AND key IS NULL"),
        testing::AllOf(testing::HasSubstr("\"arrived\":50"), testing::HasSubstr("\"refused\":50")));
}

TEST_F(ShipperTest, StoresWhatIsNotReadableAndGoesOn) {
    source_.seal_records({{0, start_, "not a fact \xff"}});
    source_.seal({loaded(start_, key(), "0.5", 200, lifecycle::ModelName(std::string("a\0b", 3)))});
    ship_all();
    EXPECT_EQ(ask("SELECT body FROM facts WHERE kind = 'unreadable'"), "6e6f742061206661637420ff");
    EXPECT_EQ(ask("SELECT model FROM facts WHERE kind = 'load_answered'"),
              "a\xEF\xBF\xBD"
              "b");
}

TEST_F(ShipperTest, AModelsGbThatNoColumnHoldsStopsNothing) {
    for (const char* gb : {"1e5000", "-3", "0", "1e99", "NaN", ""}) {
        source_.seal({{start_, lifecycle::CatalogueEntry{test_model, gb}}});
    }
    source_.seal({{start_, lifecycle::CatalogueEntry{lifecycle::ModelName("other"), "2.50"}}});
    ship_all();
    EXPECT_EQ(ask("SELECT count(*) FROM facts"), "7");
    EXPECT_EQ(ask("SELECT gb FROM models WHERE model <> 'other'"), "null");
    EXPECT_EQ(ask("SELECT gb FROM models WHERE model = 'other'"), "2.50");
}

TEST_F(ShipperTest, RefusesAJournalThatIsOlderThanTheLedger) {
    source_.seal({loaded(start_), loaded(start_)});
    ship_all();
    MemorySource restored;
    Shipper shipper(options(), {.gateway = gateway}, restored, clock_);
    try {
        shipper.ship_next();
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("not the journal that was shipped"));
    }
}

TEST_F(ShipperTest, AHeartbeatSaysUpToWhenAllIsShipped) {
    source_.seal({loaded(start_)});
    Shipper shipper = make_shipper();
    shipper.heartbeat();
    EXPECT_EQ(ask("SELECT shipped_through FROM gateways"), "null");
    shipper.ship_next();
    EXPECT_EQ(ask("SELECT shipped_through = '2026-10-05T10:00:00.001Z' FROM gateways"), "t");
    shipper.heartbeat();
    EXPECT_EQ(ask("SELECT now() - shipped_through < interval '10 s' FROM gateways"), "t");
}

}  // namespace
}  // namespace ledger
