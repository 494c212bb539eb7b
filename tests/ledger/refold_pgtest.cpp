// What the ledger folds anew when facts come, over several gateways, accounts and clocks.
#include "ledger/refold.h"

#include <gmock/gmock.h>

#include <random>

#include "ledger/accounts.h"
#include "ledger/meter.h"
#include "ledger/queries.h"
#include "ledger/session_evidence.h"
#include "ledger/verification.h"
#include "lifecycle/fact_json.h"
#include "lifecycle/fold.h"
#include "platform/clock.h"
#include "support/fact_builders.h"
#include "support/shipped_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using calendar::Instant;
using lifecycle::EndReason;
using lifecycle::Fact;

/// The fact as told by an upstream whose clock is ahead.
Fact told_by_clock(Fact fact, Duration ahead) {
    const auto move = [&](auto& instant) {
        if (instant) instant = *instant + ahead;
    };
    std::visit(
        [&](auto& body) {
            if constexpr (requires { body.date; }) move(body.date);
            if constexpr (requires { body.created; }) {
                move(body.created);
                move(body.modified);
                move(body.expires_at);
            }
        },
        fact.body);
    return fact;
}

class RefoldTest : public ShippedBooks {
  protected:
    void ship(std::vector<Fact> facts, const std::string& gateway = "gw-test") {
        if (!sources_.contains(gateway)) facts.insert(facts.begin(), started(start_));
        ShippedBooks::ship(facts, gateway);
    }
    /// Fails where folding one instance has others folded again without end.
    void meter() {
        for (int rounds = 0; meter_.meter_pending(true) > 0; ++rounds) ASSERT_LT(rounds, 20);
    }
    void ship_and_meter(std::vector<Fact> facts, const std::string& gateway = "gw-test") {
        ship(std::move(facts), gateway);
        meter();
    }
    std::vector<SessionRecord> sessions() {
        std::vector<SessionRecord> found;
        for_each_session(store_, {}, [&](const SessionRecord& record) { found.push_back(record); });
        return found;
    }
    SessionRecord only_session() {
        const auto found = sessions();
        EXPECT_EQ(found.size(), 1u);
        return found.at(0);
    }
    /// An account of managed keys that has the key.
    void make_managed(const std::string& name, const lifecycle::KeyFingerprint& with) {
        const Account account = create_account(store_, {.name = name});
        ask("INSERT INTO keys (fingerprint, account_id, managed) VALUES ('" + with.text() + "', '" +
            account.id.text() + "', true)");
    }
    Instant after(std::int64_t seconds) const { return start_ + Duration::seconds(seconds); }
    Fact run_at(std::int64_t seconds, const lifecycle::KeyFingerprint& by) const {
        return run_ended(after(seconds), by);
    }
    /// One that told when it had arrived.
    Fact long_run(std::int64_t from, std::int64_t until,
                  const lifecycle::KeyFingerprint& by = key()) const {
        Fact fact = run_ended(after(until), by);
        std::get<lifecycle::RunEnded>(fact.body).asked_at = after(from);
        return fact;
    }
    /// Empty: the books are what a fold of all facts gives.
    std::string first_difference() {
        const auto found = verify_books(store_, {}).difference;
        if (!found) return "";
        return found->subject + ": " + found->what + " " + found->expected + " in truth, not " +
               found->found;
    }
    /// Loaded at `from`, RUNNING 100 s later.
    std::vector<Fact> boot(std::int64_t from, const lifecycle::KeyFingerprint& by = key()) const {
        return {loaded(after(from), by),
                seen_running(after(from + 101), after(from), after(from + 100), by)};
    }

    Meter meter_{options()};
    Instant start_ = at("2026-10-05T10:00:00Z");
};

// Sessions are kept in upstream time, facts in gateway time: how far back a fold must read is not
// to be told from the one about the other.
TEST_F(RefoldTest, AnUpstreamClockHoursOffLosesNoSession) {
    for (const std::int64_t ahead : {12'345, -13'579, 700, -701}) {
        const lifecycle::KeyFingerprint by =
            key(ahead > 0 ? "a" + std::to_string(ahead) : "b" + std::to_string(-ahead));
        for (int life = 0; life < 8; ++life) {
            std::vector<Fact> facts = boot(life * 7'300, by);
            facts.push_back(run_ended(after(life * 7'300 + 200), by));
            facts.push_back(deleted(after(life * 7'300 + 1'000), by));
            for (const Fact& fact : facts)
                ship_and_meter({told_by_clock(fact, Duration::seconds(ahead))});
        }
        const Account account = get_account(store_, "key-" + by.text().substr(0, 8));
        SessionFilter filter;
        filter.account = account.id;
        std::vector<lifecycle::Session> found;
        for_each_session(store_, filter,
                         [&](const SessionRecord& record) { found.push_back(record.session); });
        ASSERT_EQ(found.size(), 8u) << ahead;
        for (int life = 0; life < 8; ++life) {
            const lifecycle::Session& session = found.at(static_cast<std::size_t>(life));
            const Instant running = after(life * 7'300 + 100 + ahead);
            EXPECT_EQ(session.running_at, running) << ahead;
            EXPECT_EQ(session.runs, 1u) << ahead;
            EXPECT_EQ(session.end_reason, EndReason::deleted) << ahead;
            EXPECT_NEAR(static_cast<double>((*session.ended_at - running).micros), 900e6, 1e6);
            ASSERT_TRUE(session.clock.uncertainty);
            EXPECT_LE(session.clock.uncertainty->micros, 1'000'000);
        }
    }
    EXPECT_EQ(ask("SELECT count(*) FROM parked_instances"), "0");
}

TEST_F(RefoldTest, WordOfAnEndThatComesHoursLaterCorrectsTheEstimate) {
    ship_and_meter(boot(0));
    lifecycle::InstanceAbsent absent;
    absent.key = key();
    absent.model = test_model;
    absent.asked_at = after(1'000);
    ship_and_meter({{after(1'000), absent}});
    ASSERT_TRUE(only_session().session.estimated);
    EXPECT_EQ(only_session().session.first_denial, after(1'000));
    Fact stopped = seen_running(after(50'000), after(0), after(640));
    std::get<lifecycle::InstanceSeen>(stopped.body).state = "STOPPED";
    ship_and_meter({stopped});
    EXPECT_FALSE(only_session().session.estimated);
    EXPECT_EQ(only_session().session.ended_at, after(640));
}

TEST_F(RefoldTest, FactByFactAndBatchByBatchItIsWhatAFoldOfAllFactsGives) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        std::mt19937_64 dice(seed);
        const auto upto = [&](std::uint64_t most) {
            return static_cast<std::int64_t>(dice() % (most + 1));
        };
        const auto by = key("c" + std::to_string(seed));
        const Duration ahead = Duration::milliseconds(upto(40'000'000) - 20'000'000);
        std::vector<Fact> facts;
        std::int64_t from = 0;
        for (int life = 0; life < 5; ++life) {
            for (Fact& fact : boot(from, by)) facts.push_back(std::move(fact));
            for (std::int64_t i = upto(3); i > 0; --i)
                facts.push_back(run_at(from + 150 + upto(800), by));
            if (upto(2) > 0) facts.push_back(deleted(after(from + 1'000), by));
            from += 1'100 + upto(9'000);
        }
        for (Fact& fact : facts) fact = told_by_clock(fact, ahead);
        // Of three gateways, one is late with all it has.
        std::vector<Fact> late;
        while (!facts.empty()) {
            std::vector<Fact> batch;
            for (std::int64_t i = upto(3); i >= 0 && !facts.empty(); --i) {
                (upto(5) == 0 ? late : batch).push_back(facts.front());
                facts.erase(facts.begin());
            }
            if (!batch.empty()) ship_and_meter(batch, upto(1) == 0 ? "gw-a" : "gw-b");
        }
        if (!late.empty()) ship_and_meter(late, "gw-late");

        const Account account = get_account(store_, "key-" + by.text().substr(0, 8));
        pqxx::connection connection(url_);
        pqxx::work work(connection);
        const auto expected = lifecycle::fold(
            lifecycle::UpstreamId("http://upstream"),
            read_recorded(work.exec_params("SELECT gateway, sequence, body FROM tollgate.facts "
                                           "WHERE account_id = $1",
                                           account.id.text())));
        SessionFilter filter;
        filter.account = account.id;
        std::vector<lifecycle::Session> found;
        for_each_session(store_, filter,
                         [&](const SessionRecord& record) { found.push_back(record.session); });
        ASSERT_EQ(found.size(), expected.size()) << "seed " << seed;
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_EQ(found[i].id, expected[i].id) << seed;
            EXPECT_EQ(found[i].loaded_at, expected[i].loaded_at) << seed;
            EXPECT_EQ(found[i].running_at, expected[i].running_at) << seed;
            EXPECT_EQ(found[i].expires_at, expected[i].expires_at) << seed;
            EXPECT_EQ(found[i].ended_at, expected[i].ended_at) << seed;
            EXPECT_EQ(found[i].end_reason, expected[i].end_reason) << seed;
            EXPECT_EQ(found[i].runs, expected[i].runs) << seed;
            EXPECT_EQ(found[i].clock, expected[i].clock) << seed;
            EXPECT_EQ(found[i].facts_from, expected[i].facts_from) << seed;
            EXPECT_EQ(found[i].facts_until, expected[i].facts_until) << seed;
        }
    }
}

TEST_F(RefoldTest, ARunThatOutlivedTwoInstancesIsOfTheOneThatTookIt) {
    for (const std::int64_t begin : {0, 1'000, 2'000}) {
        ship_and_meter(boot(begin));
        ship_and_meter({deleted(after(begin + 300))});
    }
    ship_and_meter({long_run(200, 9'000)});
    EXPECT_EQ(sessions().front().session.runs, 1u);
    EXPECT_EQ(first_difference(), "");
}

TEST_F(RefoldTest, ReadingsThatNarrowAnHoursClockCorrectAllItsSessions) {
    const auto cut = [](Fact fact) {
        std::visit(
            [](auto& body) {
                if constexpr (requires { body.date; })
                    if (body.date) body.date->micros -= body.date->micros % 1'000'000;
            },
            fact.body);
        return fact;
    };
    for (std::int64_t life = 0; life < 6; ++life) {
        std::vector<Fact> facts = boot(life * 400);
        facts.push_back(deleted(after(life * 400 + 200)));
        for (Fact& fact : facts) {
            fact = cut(told_by_clock(fact, Duration::milliseconds(20'300)));
            ship_and_meter({fact});
        }
        start_ = start_ + Duration::milliseconds(170);
    }
    EXPECT_EQ(first_difference(), "");
}

TEST_F(RefoldTest, AnInstanceThatWasFoundLateTakesTheRunsThatWereItsOwn) {
    make_managed("loader", key("aa"));
    make_managed("guest", key("bb"));
    ship_and_meter(boot(0, key("bb")));
    ship_and_meter({deleted(after(300), key("bb"))});
    ship_and_meter({run_at(1'200, key("bb"))}, "gw-b");
    ship_and_meter({seen_running(after(9'000), after(1'000), after(1'100), key("aa"), 1)});
    EXPECT_EQ(first_difference(), "");
}

TEST_F(RefoldTest, RunsOfAnotherAccountKeepTheLoadersInstanceWarm) {
    make_managed("loader", key("aa"));
    make_managed("guest", key("bb"));
    ship_and_meter(boot(0, key("aa")));
    ship_and_meter({run_at(1'500, key("bb"))}, "gw-b");
    EXPECT_EQ(only_session().session.expires_at, after(1'500 + 1'800));
    ship_and_meter({run_at(2'500, key("bb")), run_at(2'600, key("aa"))}, "gw-b");
    const SessionRecord record = only_session();
    EXPECT_EQ(record.account_name, "loader");
    EXPECT_EQ(record.session.runs, 1u);
    ASSERT_EQ(record.session.kept_warm_by.size(), 1u);
    EXPECT_EQ(record.session.kept_warm_by[0],
              (lifecycle::KeptWarm{key("bb"), 2, after(1'500), after(2'500)}));
    EXPECT_EQ(record.session.expires_at, after(2'600 + 1'800));
}

TEST_F(RefoldTest, RunsThatCameBeforeTheirInstancesLoadWasKnownCountAsWell) {
    make_managed("loader", key("aa"));
    make_managed("guest", key("bb"));
    ship_and_meter({run_at(1'500, key("bb"))}, "gw-b");
    EXPECT_TRUE(sessions().empty());
    ship_and_meter(boot(0, key("aa")));
    ASSERT_EQ(only_session().session.kept_warm_by.size(), 1u);
    EXPECT_EQ(only_session().session.expires_at, after(1'500 + 1'800));
}

TEST_F(RefoldTest, OfTwoWhoTakeTurnsEachPaysForWhatItLoaded) {
    make_managed("first", key("aa"));
    make_managed("second", key("bb"));
    std::vector<std::pair<std::string, std::vector<Fact>>> batches;
    for (std::int64_t turn = 0; turn < 6; ++turn) {
        const auto by = key(turn % 2 == 0 ? "aa" : "bb");
        const auto other = key(turn % 2 == 0 ? "bb" : "aa");
        auto facts = boot(turn * 4'000, by);
        facts.push_back(run_at(turn * 4'000 + 300, by));
        facts.push_back(deleted(after(turn * 4'000 + 2'000), by));
        batches.emplace_back("gw-a", std::move(facts));
        batches.emplace_back("gw-b", std::vector<Fact>{run_at(turn * 4'000 + 700, other),
                                                       run_at(turn * 4'000 + 800, other)});
    }
    // Each gateway in its own order, the one long after the other.
    for (const char* gateway : {"gw-b", "gw-a"})
        for (const auto& [of, facts] : batches)
            if (of == gateway) ship_and_meter(facts, gateway);
    const auto found = sessions();
    ASSERT_EQ(found.size(), 6u);
    for (const SessionRecord& record : found) {
        const auto other = record.account_name == "first" ? key("bb") : key("aa");
        EXPECT_EQ(record.session.runs, 1u);
        EXPECT_EQ(record.session.end_reason, EndReason::deleted);
        EXPECT_FALSE(record.session.estimated);
        ASSERT_EQ(record.session.kept_warm_by.size(), 1u);
        EXPECT_EQ(record.session.kept_warm_by[0].key, other);
        EXPECT_EQ(record.session.kept_warm_by[0].runs, 2u);
    }
    EXPECT_EQ(ask("SELECT count(*) FROM parked_instances"), "0");
}

TEST_F(RefoldTest, AnothersInstanceOfTheSameCredentialEndsAForgottenSession) {
    make_managed("first", key("aa"));
    make_managed("second", key("bb"));
    ship_and_meter(boot(0, key("aa")));
    ship_and_meter(boot(9'000, key("bb")), "gw-b");
    ship_and_meter({run_at(9'500, key("aa"))});  // reached the second's
    const auto found = sessions();
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].account_name, "first");
    EXPECT_EQ(found[0].session.end_reason, EndReason::replaced);
    EXPECT_EQ(found[0].session.ended_at, after(1'900));
    EXPECT_FALSE(found[1].session.end_reason);
    ASSERT_EQ(found[1].session.kept_warm_by.size(), 1u);
    EXPECT_EQ(found[1].session.kept_warm_by[0].key, key("aa"));
}

// Answered 18 s late and deleted at once; only the other's key saw it run.
TEST_F(RefoldTest, WhatAnotherLoadedAndNeverSawIsNotWhoseKeySawIt) {
    make_managed("first", key("aa"));
    make_managed("second", key("bb"));
    Fact load = loaded(after(18), key("aa"));
    std::get<lifecycle::LoadAnswered>(load.body).sent_at = start_;
    ship_and_meter({load, deleted(after(30), key("aa"))});
    ship_and_meter({seen_running(after(10), after(1), after(5), key("bb"))}, "gw-b");
    EXPECT_EQ(only_session().account_name, "first");
    ship_and_meter({seen_running(after(20), after(1), after(5), key("bb"))}, "gw-b");
    EXPECT_EQ(only_session().account_name, "first");
}

TEST_F(RefoldTest, WhatWasFoundGoesToItsLoaderWhoseFactsComeLater) {
    make_managed("first", key("aa"));
    make_managed("second", key("bb"));
    ship_and_meter({seen_running(after(10), after(1), after(5), key("bb"))}, "gw-b");
    EXPECT_EQ(only_session().account_name, "second");
    Fact load = loaded(after(18), key("aa"));
    std::get<lifecycle::LoadAnswered>(load.body).sent_at = start_;
    ship_and_meter({load});
    EXPECT_EQ(only_session().account_name, "first");
    // It turns out to have begun another one.
    ship_and_meter({seen_running(after(40), after(19), after(25), key("aa"))});
    const auto found = sessions();
    ASSERT_EQ(found.size(), 2u);
    for (const SessionRecord& record : found)
        EXPECT_EQ(record.session.created, after(record.account_name == "first" ? 19 : 1));
}

TEST_F(RefoldTest, PassthroughAccountsDoNotKeepEachOthersInstancesWarm) {
    ship_and_meter(boot(0, key("aa")));
    ship_and_meter(boot(10, key("bb")));
    ship_and_meter({run_at(1'500, key("bb"))});
    for (const SessionRecord& record : sessions()) EXPECT_TRUE(record.session.kept_warm_by.empty());
    EXPECT_EQ(ask("SELECT count(*) FROM instance_guests"), "0");
}

TEST_F(RefoldTest, KeysThatSeeOneInstanceAreFlaggedAndKeepItWarm) {
    ship_and_meter(boot(0, key("aa")));
    ship_and_meter({seen_running(after(500), after(0), after(100), key("bb"))}, "gw-b");
    EXPECT_EQ(only_session().session.key, key("aa"));
    EXPECT_EQ(ask("SELECT key FROM instance_sharers"), key("bb").text());
    EXPECT_TRUE(only_session().is_shared);
    EXPECT_EQ(list_sharers(store_, only_session()).at(0).account_name, "key-bb000000");
    ship_and_meter({run_at(1'500, key("bb"))}, "gw-b");
    ASSERT_EQ(only_session().session.kept_warm_by.size(), 1u);
    EXPECT_EQ(only_session().session.expires_at, after(1'500 + 1'800));
}

// The upstream ran one instance of the model at a time for both, before anybody here knew.
TEST_F(RefoldTest, SharingThatIsFoundLaterHoldsForWhatWasBefore) {
    ship_and_meter(boot(0, key("aa")));
    ship_and_meter(boot(1'000, key("bb")), "gw-b");
    ship_and_meter({deleted(after(2'000), key("bb"))}, "gw-b");
    ASSERT_EQ(sessions().at(0).session.ended_at, std::nullopt);
    ship_and_meter(boot(20'000, key("aa")));
    ship_and_meter({seen_running(after(20'500), after(20'000), after(20'100), key("bb"))}, "gw-b");
    const auto found = sessions();
    ASSERT_EQ(found.size(), 3u);
    EXPECT_EQ(found[0].session.key, key("aa"));
    EXPECT_EQ(found[0].session.end_reason, EndReason::replaced);
    EXPECT_LE(found[0].session.ended_at, after(1'000));
    EXPECT_FALSE(verify_books(store_, {}).difference.has_value());
}

TEST_F(RefoldTest, OfTwoLoadersOfOneInstanceTheFirstPaysWhoeverIsHeardFirst) {
    const auto second = std::vector<Fact>{
        loaded(after(1), key("bb")), seen_running(after(101), after(0), after(100), key("bb"))};
    ship_and_meter(second, "gw-b");
    EXPECT_EQ(only_session().session.key, key("bb"));
    ship_and_meter(boot(0, key("aa")));
    EXPECT_EQ(only_session().session.key, key("aa"));
    EXPECT_EQ(ask("SELECT key FROM instance_sharers"), key("bb").text());
}

// What bb's load had begun was deleted before anybody looked, elsewhere: nothing tells of it. The
// instance that both keys see then followed aa's load at once, and bb's minutes later.
TEST_F(RefoldTest, OfTwoLoadersTheOneWhoseLoadItFollowedPromptlyPaysWhoeverIsHeardFirst) {
    const auto seen = seen_running(after(300), after(200), after(250), key("bb"));
    ship_and_meter({loaded(after(0), key("bb")), seen}, "gw-b");
    EXPECT_EQ(only_session().session.created, after(200));
    ship_and_meter({loaded(after(200), key("aa")),
                    seen_running(after(260), after(200), after(250), key("aa"))});
    const auto found = sessions();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].session.key, key("aa"));
    EXPECT_FALSE(verify_books(store_, {}).difference.has_value());
}

TEST_F(RefoldTest, AnInstanceThatNobodyLoadedIsWhoseKeySawItFirstWhoeverIsHeardFirst) {
    ship_and_meter({seen_running(after(500), after(0), after(100), key("bb"))}, "gw-b");
    EXPECT_EQ(only_session().session.key, key("bb"));
    ship_and_meter({seen_running(after(400), after(0), after(100), key("aa"))});
    EXPECT_EQ(only_session().session.key, key("aa"));
    ship_and_meter({seen_running(after(300), after(0), after(100), key("cc"))}, "gw-c");
    EXPECT_EQ(only_session().session.key, key("cc"));
    EXPECT_EQ(ask("SELECT count(*) FROM instance_sharers"), "2");
}

TEST_F(RefoldTest, WhoSharedAnInstanceGetsItWhereItsOwnerProvesNone) {
    // aa's look was of another instance of its own load, as that load's late arrival shows.
    ship_and_meter({seen_running(after(300), after(0), after(100), key("bb"))}, "gw-b");
    ship_and_meter({seen_running(after(200), after(0), after(100), key("aa"))});
    ASSERT_EQ(only_session().session.key, key("aa"));
    ask("ALTER TABLE facts DISABLE TRIGGER facts_stay");  // as the owner
    ask("DELETE FROM facts WHERE key = '" + key("aa").text() + "'");
    ask("INSERT INTO pending_instances SELECT account_id, upstream, model, facts_from, now() "
        "FROM sessions");
    meter();
    EXPECT_EQ(only_session().session.key, key("bb"));
    EXPECT_EQ(ask("SELECT count(*) FROM instance_sharers"), "0");
}

TEST_F(RefoldTest, TheEvidenceOfASessionIsItsFactsAndThoseOfItsGuests) {
    make_managed("loader", key("aa"));
    make_managed("guest", key("bb"));
    auto facts = boot(0, key("aa"));
    facts.push_back(loaded(after(150), key("aa"), "0.5", 409));
    facts.push_back(run_at(200, key("aa")));
    facts.push_back(deleted(after(1'000), key("aa")));
    for (Fact& later : boot(9'000, key("aa"))) facts.push_back(later);
    ship_and_meter(facts);
    ship_and_meter({run_at(500, key("bb")), run_at(9'500, key("bb"))}, "gw-b");
    const auto found = sessions();
    ASSERT_EQ(found.size(), 2u);
    const SessionEvidence first = read_evidence(store_, found[0]);
    EXPECT_EQ(first.facts.size(), 6u);
    EXPECT_EQ(std::count_if(first.facts.begin(), first.facts.end(),
                            [](const EvidenceFact& fact) { return fact.by_guest; }),
              1);
    EXPECT_EQ(first.account_names.at(key("bb")), "guest");
    EXPECT_EQ(read_evidence(store_, found[1]).facts.size(), 3u);
    EXPECT_FALSE(found[0].is_shared);
}

TEST_F(RefoldTest, AnAbsurdConcurrencyIsASessionWithoutAPrice) {
    auto facts = boot(0);
    std::get<lifecycle::LoadAnswered>(facts[0].body).options.concurrency = 2'000'000;
    std::get<lifecycle::InstanceSeen>(facts[1].body).concurrency = 2'000'000;
    ship_and_meter(facts);
    EXPECT_EQ(only_session().session.concurrency, 2'000'000);
    EXPECT_EQ(ask("SELECT count(*) FROM parked_instances"), "0");
    std::get<lifecycle::InstanceSeen>(facts[1].body).concurrency = 8;
    facts[1].occurred_at = after(150);
    ship_and_meter({facts[1]});
    EXPECT_EQ(only_session().session.concurrency, 8);
}

}  // namespace
}  // namespace ledger
