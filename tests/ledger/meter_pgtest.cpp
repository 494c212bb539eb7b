#include "ledger/meter.h"

#include <fstream>
#include <iterator>
#include <thread>

#include "ledger/models.h"
#include "ledger/plans.h"
#include "ledger/queries.h"
#include "platform/clock.h"
#include "support/fact_builders.h"
#include "support/shipped_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using calendar::Instant;

class MeterTest : public ShippedBooks {
  protected:
    void ship_and_meter(const std::vector<lifecycle::Fact>& facts) {
        ship(facts);
        while (meter_.meter_pending(true) > 0) {
        }
    }
    std::vector<SessionRecord> sessions() {
        std::vector<SessionRecord> found;
        for_each_session(store_, {}, [&](const SessionRecord& record) { found.push_back(record); });
        return found;
    }
    /// A load, a boot of 100 s, one run, a delete 1,000 s after the load.
    std::vector<lifecycle::Fact> one_life(Instant load,
                                          const lifecycle::KeyFingerprint& by = key()) {
        const Instant running = load + Duration::seconds(100);
        return {loaded(load, by), seen_running(running + Duration::seconds(1), load, running, by),
                run_arrived(running + Duration::seconds(10), by),
                run_ended(running + Duration::seconds(11), by),
                deleted(load + Duration::seconds(1'000), by)};
    }

    Meter meter_{options()};
    Instant start_ = at("2026-10-05T10:00:00Z");
};

TEST_F(MeterTest, MakesOneSessionOfALife) {
    ship({started(start_)});
    ship_and_meter(one_life(start_));
    const auto found = sessions();
    ASSERT_EQ(found.size(), 1u);
    const lifecycle::Session& session = found[0].session;
    EXPECT_EQ(found[0].account_name, "key-aa000000");
    EXPECT_EQ(session.upstream.text(), "http://upstream");
    EXPECT_EQ(session.model, test_model);
    EXPECT_EQ(session.gb, "0.5");
    EXPECT_EQ(session.loaded_at, start_);
    EXPECT_EQ(session.running_at, start_ + Duration::seconds(100));
    EXPECT_EQ(session.ended_at, start_ + Duration::seconds(1'000));
    EXPECT_EQ(session.end_reason, lifecycle::EndReason::deleted);
    EXPECT_EQ(session.runs, 1u);
}

TEST_F(MeterTest, MakesTheSameOfFactsThatComeOneByOne) {
    ship({started(start_)});
    for (const lifecycle::Fact& fact : one_life(start_)) ship_and_meter({fact});
    const auto found = sessions();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].session.running_at, start_ + Duration::seconds(100));
    EXPECT_EQ(found[0].session.ended_at, start_ + Duration::seconds(1'000));
}

TEST_F(MeterTest, LeavesNothingUndoneWhenItDiesBetweenShippingAndFolding) {
    ship({started(start_)});
    ship(one_life(start_));
    EXPECT_EQ(ask("SELECT count(*) FROM pending_instances"), "1");
    EXPECT_EQ(list_waiting_instances(store_).size(), 1u);
    Meter heir{options()};
    EXPECT_EQ(heir.meter_pending(true), 1);
    EXPECT_EQ(heir.meter_pending(true), 0);
    EXPECT_EQ(sessions().size(), 1u);
}

TEST_F(MeterTest, FoldsManyLivesOneAfterTheOther) {
    ship({started(start_)});
    for (int i = 0; i < 8; ++i) ship_and_meter(one_life(start_ + Duration::seconds(3'000 * i)));
    const auto found = sessions();
    ASSERT_EQ(found.size(), 8u);
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].session.loaded_at, start_ + Duration::seconds(3'000 * std::int64_t(i)));
        EXPECT_EQ(found[i].session.ended_at, found[i].session.loaded_at + Duration::seconds(1'000));
    }
}

TEST_F(MeterTest, AFactThatComesLateChangesItsSessionAndNoOther) {
    ship({started(start_)});
    auto first = one_life(start_);
    const lifecycle::Fact late = first[1];
    first.erase(first.begin() + 1, first.begin() + 4);  // never seen running: nothing billed
    ship_and_meter(first);
    ship_and_meter(one_life(start_ + Duration::seconds(3'000)));
    ASSERT_EQ(sessions().size(), 2u);
    EXPECT_FALSE(sessions()[0].session.running_at);
    ship_and_meter({late});
    const auto found = sessions();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].session.running_at, start_ + Duration::seconds(100));
    EXPECT_EQ(found[1].session.running_at, start_ + Duration::seconds(3'100));
}

TEST_F(MeterTest, ThePartOfAnAccountsKeysIsOneInstance) {
    ship({started(start_)});
    ship_and_meter({loaded(start_)});
    ask("INSERT INTO keys (fingerprint, account_id, managed) SELECT '" + key("bb").text() +
        "', id, true FROM accounts");
    ship_and_meter({deleted(start_ + Duration::seconds(500), key("bb"))});
    const auto found = sessions();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].session.end_reason, lifecycle::EndReason::deleted);
}

TEST_F(MeterTest, AModelSetLaterPricesAnUnpricedSession) {
    ship({started(start_)});
    auto life = one_life(start_);
    life[0] = loaded(start_, key(), std::nullopt);
    ship_and_meter(life);
    ASSERT_EQ(sessions().size(), 1u);
    EXPECT_FALSE(sessions()[0].session.gb);
    set_model(store_, test_model, "1.25", "test", clock_.now());
    while (meter_.meter_pending(true) > 0) {
    }
    EXPECT_EQ(sessions()[0].session.gb, "1.25");
    EXPECT_EQ(list_models(store_)[0].source, "operator");
    EXPECT_THROW(set_model(store_, test_model, "1.2.3", "test", clock_.now()), Refused);
}

TEST_F(MeterTest, TheDatabaseRefusesTwoSessionsOfAnInstanceAtOneTime) {
    ship({started(start_)});
    ship_and_meter(one_life(start_));
    const std::string copy =
        "INSERT INTO sessions SELECT account_id, 'other', upstream, model, key, gb, concurrency, "
        "expiration_seconds, discovered, created, loaded_at + interval '10 min', null, "
        "running_evidence, null, ended_at + interval '10 min', end_reason, end_evidence, "
        "estimated, null, null, runs, null, adjusted, plan FROM sessions";
    EXPECT_THAT(try_as_service(copy), testing::HasSubstr("sessions_do_not_overlap"));
    EXPECT_EQ(ask("SELECT count(*) FROM sessions"), "1");
}

TEST_F(MeterTest, WhatCannotBeStoredParksItsInstanceAlone) {
    // Created in a year that no column takes.
    const Instant never = calendar::latest_instant + Duration::seconds(1'000'000);
    const lifecycle::Fact absurd = seen_running(start_, never, never, key("bb"));
    std::vector<lifecycle::Fact> facts = one_life(start_);
    facts.insert(facts.begin(), {started(start_), absurd});
    ship_and_meter(facts);
    ASSERT_EQ(sessions().size(), 1u);
    EXPECT_EQ(sessions()[0].account_name, "key-aa000000");
    const auto waiting = list_waiting_instances(store_);
    ASSERT_EQ(waiting.size(), 1u);
    EXPECT_THAT(waiting[0].reason, testing::HasSubstr("out of range"));
}

// Two keys of one customer at the upstream: it is the same instance that both see.
TEST_F(MeterTest, AnInstanceThatAnotherAccountLoadedIsItsLoadersAlone) {
    ship({started(start_)});
    ship_and_meter(one_life(start_));
    const Instant running = start_ + Duration::seconds(100);
    ship_and_meter({seen_running(running + Duration::seconds(50), start_, running, key("bb"))});
    const auto found = sessions();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].session.key, key());
    EXPECT_EQ(ask("SELECT count(*) FROM parked_instances"), "0");
}

TEST_F(MeterTest, WhoSawAnInstanceBeforeItsLoadWasKnownIsNotBilledForIt) {
    std::ifstream plan(std::string(TEST_DATA) + "/plans/bytez-2024-06.json");
    add_plan(store_, {std::istreambuf_iterator<char>(plan), {}});
    set_default_plan(store_, "bytez-2024-06", start_);
    ship({started(start_)});
    const Instant running = start_ + Duration::seconds(100);
    const Instant end = start_ + Duration::seconds(1'000);
    ship_and_meter({seen_running(running + Duration::seconds(50), start_, running, key("bb")),
                    deleted(end, key("bb"))});
    ASSERT_EQ(sessions().size(), 1u);
    ASSERT_EQ(sessions()[0].session.key, key("bb"));
    ASSERT_EQ(ask("SELECT sum(seconds) > 0 FROM charges"), "t");
    ship_and_meter(one_life(start_));
    const auto found = sessions();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].session.key, key());
    EXPECT_EQ(ask("SELECT count(*) FROM (SELECT account_id FROM charges GROUP BY account_id "
                  "HAVING sum(amount) <> 0) owing"),
              "1");
}

TEST_F(MeterTest, AnInstanceThatNobodyLoadedHereIsOneAccounts) {
    ship({started(start_)});
    const Instant running = start_ + Duration::seconds(100);
    std::int64_t seconds = 50;
    for (const char* name : {"bb", "aa", "cc"})
        ship_and_meter(
            {seen_running(running + Duration::seconds(seconds++), start_, running, key(name))});
    const auto found = sessions();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].session.key, key("bb"));
}

TEST_F(MeterTest, AnAbsurdIdleTimeIsStillASessionThatCanBeRead) {
    for (const std::int64_t seconds : {1'000'000'000'000, 1'000'000'000'000'000}) {
        const Instant load = start_ + Duration::seconds(seconds / 1'000'000'000);
        auto life = one_life(load, key("bb"));
        std::get<lifecycle::LoadAnswered>(life[0].body).options.expiration_seconds = seconds;
        life.erase(life.begin() + 1);  // nothing but the load says when it expires
        life.pop_back();
        life.insert(life.begin(), started(load));
        ship_and_meter(life);
        EXPECT_EQ(ask("SELECT count(*) FROM parked_instances"), "0");
        EXPECT_NO_THROW(EXPECT_FALSE(sessions().empty()));
    }
}

// While a new session is being written it is in no other transaction's sight.
TEST_F(MeterTest, AModelSetWhileItsSessionIsBeingFoldedPricesIt) {
    ask("CREATE FUNCTION tollgate.dawdle() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$; "
        "CREATE TRIGGER dawdle AFTER INSERT ON tollgate.sessions "
        "FOR EACH ROW EXECUTE FUNCTION tollgate.dawdle(); SELECT 1");
    auto life = one_life(start_);
    life[0] = loaded(start_, key(), std::nullopt);
    life.insert(life.begin(), started(start_));
    ship(life);
    std::thread folding([this] { meter_.meter_pending(true); });
    const std::int64_t deadline = platform::monotonic_micros() + 10'000'000;
    while (ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
               "wait_event = 'PgSleep'") == "0" &&
           platform::monotonic_micros() < deadline) {
    }
    set_model(store_, test_model, "1.25", "test", clock_.now());
    folding.join();
    while (meter_.meter_pending(true) > 0) {
    }
    ASSERT_EQ(sessions().size(), 1u);
    EXPECT_EQ(sessions()[0].session.gb, "1.25");
}

TEST_F(MeterTest, FoldsForRunsAloneTheSeldomerTheLongerTheSessionHasBeenOpen) {
    const auto due_in = [this](const char* limit) {
        return ask(std::string("SELECT due_at < now() + interval '") + limit +
                   "' FROM pending_instances");
    };
    const Instant now = clock_.now();
    const Instant long_ago = now - Duration::seconds(28 * 86'400);
    ship({started(long_ago)});
    ship_and_meter({loaded(long_ago), seen_running(long_ago, long_ago, long_ago)});
    ship({run_arrived(now)});
    EXPECT_EQ(due_in("50 seconds"), "f");
    EXPECT_EQ(due_in("70 seconds"), "t");
    ship_and_meter({deleted(now)});
    ship({run_arrived(now)});  // on nothing that is open
    EXPECT_EQ(due_in("6 seconds"), "t");
    ship_and_meter({loaded(now)});
    ship({run_arrived(now)});
    EXPECT_EQ(due_in("4 seconds"), "f");
    EXPECT_EQ(due_in("6 seconds"), "t");
    ship({deleted(now)});
    EXPECT_EQ(due_in("0 seconds"), "t");
}

TEST_F(MeterTest, RunsOnItsThreadAndEndsWithNothingPending) {
    ship({started(start_)});
    meter_.start();
    ship(one_life(start_));
    meter_.notify();
    meter_.stop();
    EXPECT_EQ(ask("SELECT count(*) FROM pending_instances"), "0");
    EXPECT_EQ(sessions().size(), 1u);
    EXPECT_EQ(meter_.problem(), "");
}

}  // namespace
}  // namespace ledger
