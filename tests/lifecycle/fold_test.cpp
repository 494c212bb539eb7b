#include "lifecycle/fold.h"

#include <gtest/gtest.h>

#include <functional>

#include "lifecycle/history.h"

namespace lifecycle {
namespace {

using Change = std::function<void(History&)>;

Session only_session(const History& history) {
    const auto sessions = history.sessions();
    EXPECT_EQ(sessions.size(), 1u);
    return sessions.empty() ? Session{} : sessions.front();
}

TEST(Fold, CarriesWhatTheLoadAsked) {
    History history;
    history.load(100, 200, {3, 300}, "0.9401917929177755");
    const Session session = only_session(history);
    EXPECT_EQ(session.upstream, history.upstream);
    EXPECT_EQ(session.key, history.key);
    EXPECT_EQ(session.model, history.model);
    EXPECT_EQ(session.gb, "0.9401917929177755");
    EXPECT_EQ(session.concurrency, 3);
    EXPECT_EQ(session.expiration_seconds, 300);
    EXPECT_FALSE(session.discovered);
    EXPECT_FALSE(session.adjusted);
}

struct Replicas {
    const char* rule;
    std::int64_t asked;
    std::vector<std::pair<std::string, std::optional<std::int64_t>>> told;
    std::int64_t taken;
};

TEST(Fold, TakesTheReplicasThatTheUpstreamRuns) {
    const std::vector<Replicas> all = {
        {"as asked, where nothing is told", 3, {}, 3},
        {"as told, where that is less", 3, {{"RUNNING", 2}}, 2},
        {"as told, where that is more", 1, {{"RUNNING", 2}}, 2},
        {"as told first", 3, {{"RUNNING", 2}, {"RUNNING", 5}}, 2},
        {"as told while it runs, rather than while it boots",
         3,
         {{"DEPLOYING", 1}, {"RUNNING", 2}},
         2},
        {"as told while it boots", 3, {{"DEPLOYING", 2}}, 2},
        {"not by a report of an end", 3, {{"FAILED", 2}}, 3},
        {"not an absurd word", 3, {{"RUNNING", 0}, {"RUNNING", 1'000'001}}, 3},
        {"a sane word for an absurd request", 2'000'000, {{"RUNNING", 8}}, 8},
        {"an absurd request as it is, not as one", 2'000'000, {{"RUNNING", {}}}, 2'000'000},
        {"none is not one either", 0, {}, 0},
    };
    for (const Replicas& row : all) {
        History history;
        history.load(100, 200, {row.asked, 1800});
        double at = 110;
        for (const auto& [state, concurrency] : row.told) {
            history.seen(at, state, {99.95, at - 1, -1, 0});
            std::get<InstanceSeen>(history.facts.back().fact.body).concurrency = concurrency;
            at += 10;
        }
        EXPECT_EQ(only_session(history).concurrency, row.taken) << row.rule;
    }
}

/// Nobody could ask for hours; what answers then is another one, which never ran.
TEST(Fold, AYoungerInstanceSaysThatTheOneBeforeItIsGone) {
    for (const char* state : {"FAILED", "STOPPED", "DEPLOYING"}) {
        History history;
        history.load(100)
            .seen(200, "RUNNING", {99.95, 190, 1990, 0})
            .seen(9000, state, {8000, 8100, -1, 0});
        const Session session = only_session(history);
        EXPECT_EQ(session.end_reason, EndReason::expired) << state;
        EXPECT_EQ(seconds_of(session.ended_at), 1990) << state;
        EXPECT_TRUE(session.estimated) << state;
    }
    History history;  // one from before it says nothing
    history.load(100)
        .seen(200, "RUNNING", {99.95, 190, 1990, 0})
        .seen(300, "FAILED", {50, 60, -1, 0});
    EXPECT_FALSE(only_session(history).end_reason);
}

TEST(Fold, ARunIsOfTheInstanceThatTookItNotOfTheOneThatBootsAtItsEnd) {
    struct Case {
        const char* rule;
        double arrived;
        bool runs_on_second;
    };
    for (const Case& row : {Case{"before the first was deleted", 350, false},
                            Case{"when the second had been asked for", 405, true}}) {
        for (const bool in_minutes : {false, true}) {
            History history;
            history.load(100).seen(200, "RUNNING", {99.95, 190, -1, 0}).deletion(390).load(402);
            if (in_minutes) {
                Runs runs{history.key, history.model, second(360), 0, 1, 0, 0, 1, 1, {},
                          {},          second(410)};
                runs.last_accepted_arrival = second(row.arrived);
                history.add(410, runs);
            } else {
                history.run(row.arrived, 410);
            }
            const auto sessions = history.sessions();
            ASSERT_EQ(sessions.size(), 2u) << row.rule;
            EXPECT_EQ(sessions[1].running_at.has_value(), row.runs_on_second) << row.rule;
        }
    }
}

/// Somebody else's, perhaps, who began it when the load had been lost.
TEST(Fold, TakesTheReplicasOfAnUnansweredLoadsInstanceFromTheReportOfItsEndToo) {
    History history;
    history.load(100, 0, {8, 300}).seen(900, "STOPPED", {120, 450, 420, 0});
    std::get<InstanceSeen>(history.facts.back().fact.body).concurrency = 2;
    const Session session = only_session(history);
    EXPECT_TRUE(session.discovered);
    EXPECT_EQ(session.concurrency, 2);
}

TEST(Fold, TakesADiscoveredOneAsTheUpstreamTellsIt) {
    History history;
    auto seen =
        InstanceSeen{history.key, history.model, Source::passing, second(505), {}, "RUNNING", 2, 0,
                     600,         second(200),   second(500),     second(1100)};
    const Session session = only_session(history.add(505, seen));
    EXPECT_TRUE(session.discovered);
    EXPECT_EQ(session.key, history.key);
    EXPECT_EQ(session.model, history.model);
    EXPECT_EQ(session.concurrency, 2);
    EXPECT_EQ(session.expiration_seconds, 600);
    EXPECT_EQ(seconds_of(session.running_at), 500);
}

TEST(Fold, CountsRunsSingleAndByTheMinute) {
    History history;
    history.load(100).run(400, 402).run(410, 412, 429).run(420, 425, 500);
    history.add(481, Runs{history.key, history.model, second(420), 9, 7, 2, 0, 1, 1, second(421),
                          second(479), second(478)});
    history.add(541, Runs{history.key,
                          history.model,
                          second(480),
                          3,
                          0,
                          3,
                          0,
                          1,
                          1,
                          second(481),
                          second(539),
                          {}});
    const Session session = only_session(history);
    EXPECT_EQ(session.runs, 9u);
    EXPECT_EQ(seconds_of(session.last_run_at), 478);
    EXPECT_EQ(seconds_of(session.expires_at), 478 + 1800);
}

TEST(Fold, CountsARunWhoseEndACrashLost) {
    History history;
    history.load(100).run(400, 402);
    history.add(405, RunArrived{CallId{1, 50}, history.key, history.model});
    EXPECT_EQ(only_session(history).runs, 2u);
    history.add(406, RunEnded{CallId{1, 50}, history.key, history.model, 404, 1, 1, false});
    EXPECT_EQ(only_session(history).runs, 1u);

    History folded;
    folded.load(100);
    folded.add(481, Runs{folded.key, folded.model, second(420), 3, 1, 1, 0, 1, 1, second(421),
                         second(479), second(478)});
    EXPECT_EQ(only_session(folded).runs, 2u);
}

TEST(Fold, NamesASessionTheSameBeforeAndAfterItsAnswerIsKnown) {
    History pending;
    pending.load_requested(100).seen(105, "RUNNING", {100.2, 100.3, 1900.3, 0});
    History answered = pending;
    answered.call = 0;
    answered.load(101);
    EXPECT_EQ(only_session(pending).id, only_session(answered).id);
    EXPECT_EQ(only_session(pending).id.text(), "gw-1-1");
}

TEST(Fold, NamesADiscoveredSessionByItsIdentityAlone) {
    History one;
    one.seen(505, "RUNNING", {200, 501, 2300, 0});
    History other;
    other.gateway = GatewayId("another");
    other.key = KeyFingerprint("another");
    other.absent(10).seen(900, "RUNNING", {200, 501, 2300, 0});
    EXPECT_EQ(only_session(one).id, only_session(other).id);
    other.upstream = UpstreamId("https://elsewhere.example");
    EXPECT_NE(only_session(one).id, only_session(other).id);
    other.upstream = one.upstream;
    other.facts.clear();
    other.seen(900, "RUNNING", {201, 501, 2300, 0});
    EXPECT_NE(only_session(one).id, only_session(other).id);
}

TEST(Fold, KeepsTheBoundsOfAnInferredEnd) {
    History history;
    booted(history);
    const Session session = only_session(history.absent(1000));
    EXPECT_EQ(session.last_proof_of_life, second(404.9));
    EXPECT_EQ(session.first_denial, second(1000));
}

TEST(Fold, SaysWhereItMovedAnInstant) {
    History history;
    history.load(100).seen(102, "RUNNING", {99.95, 98, 1890, 0});
    Session session = only_session(history);
    EXPECT_EQ(seconds_of(session.running_at), 100);
    EXPECT_TRUE(session.adjusted);
    session = only_session(history.deletion(102.05));
    EXPECT_EQ(session.running_at, session.loaded_at);
}

TEST(Fold, BelievesADenialOnlyFromAKeyThatCouldSeeTheInstance) {
    History history;
    booted(history);
    const KeyFingerprint loader = history.key;
    history.key = KeyFingerprint("another");
    EXPECT_FALSE(only_session(history.absent(500)).end_reason);
    history.seen(510, "RUNNING", {99.95, 400.5, 2200, 0}).absent(600);
    EXPECT_EQ(only_session(history).end_reason, EndReason::vanished);
    EXPECT_EQ(only_session(history).key, loader);
}

TEST(Fold, HoldsOneSessionWhicheverGatewaySawIt) {
    History history;
    history.load(100);
    History second_gateway;
    second_gateway.gateway = GatewayId("gw2");
    second_gateway.seen(405, "RUNNING", {99.95, 400.5, 2200, 0}).deletion(1000);
    history.facts.insert(history.facts.end(), second_gateway.facts.begin(),
                         second_gateway.facts.end());
    EXPECT_EQ(only_session(history).end_reason, EndReason::deleted);
}

TEST(Fold, MovesGatewayInstantsToTheUpstreamsClockByTheAnswersDate) {
    History history;  // the gateway is an hour ahead
    history.add(3700, LoadAnswered{CallId{1, 1},
                                   history.key,
                                   history.model,
                                   {},
                                   "1",
                                   200,
                                   true,
                                   second(3699.9),
                                   second(100)});
    history.add(
        4000, InstanceSeen{history.key, history.model, Source::watcher, second(3999.9), second(400),
                           "RUNNING", 1, 0, 1800, second(100.2), second(390), second(2190)});
    history.add(4600, DeleteAnswered{CallId{1, 2}, history.key, history.model, 200, second(4599.9),
                                     second(1000)});
    const Session session = only_session(history);
    EXPECT_FALSE(session.discovered);
    EXPECT_EQ(session.created, second(100.2));
    EXPECT_NEAR(seconds_of(session.loaded_at), 100.55, 1e-5);
    EXPECT_EQ(seconds_of(session.running_at), 390);
    EXPECT_NEAR(seconds_of(session.ended_at), 1000.55, 1e-5);
}

// It may be the instance of another account's load, which was answered.
TEST(Fold, AnInstanceWhoseLoadWasNeverAnsweredWasFoundByLooking) {
    History history;
    history.load_requested(100).seen(405, "RUNNING", {100.2, 400.5, 2200, 0});
    const Session session = only_session(history);
    EXPECT_TRUE(session.discovered);
    EXPECT_EQ(session.id, SessionId("gw-1-1"));
    history.add(
        100.3,
        LoadAnswered{
            CallId{1, 1}, history.key, history.model, {}, "2.5", 200, true, second(100), {}});
    EXPECT_FALSE(only_session(history).discovered);
}

struct GbRow {
    const char* rule;
    std::optional<std::string> load;
    Change facts;
    std::optional<std::string> gb;
};

TEST(Fold, PinsTheGbAtTheLoadElseTheFirstLearnedWhileOpenElseTheOperators) {
    const auto entry = [](double at, const char* gb) {
        return [at, gb](History& h) { h.add(at, CatalogueEntry{h.model, gb}); };
    };
    const auto set = [](double at, const char* gb) {
        return [at, gb](History& h) { h.add(at, ModelSet{h.model, gb, "root"}); };
    };
    const std::vector<GbRow> all = {
        {"the load's own", "1", entry(150, "2"), "1"},
        {"none", {}, [](History&) {}, {}},
        {"learned while open", {}, entry(150, "2"), "2"},
        {"the first learned", {}, [&](History& h) { entry(150, "2")(h), set(160, "3")(h); }, "2"},
        {"learned before: the gateway did not hold it", {}, entry(50, "2"), {}},
        {"learned after the end", {}, entry(1500, "2"), {}},
        {"set after the end", {}, set(1500, "3"), "3"},
        {"set before the load", {}, set(50, "3"), "3"},
        {"set before, learned while open",
         {},
         [&](History& h) { set(50, "3")(h), entry(150, "2")(h); },
         "2"},
        {"learned as not benchmarked",
         {},
         [&](History& h) {
             h.add(150, CatalogueEntry{h.model, {}}), entry(160, "2")(h);
         },
         "2"},
    };
    for (const GbRow& row : all) {
        History history;
        history.load(100, 200, {}, row.load).deletion(1000);
        row.facts(history);
        EXPECT_EQ(only_session(history).gb, row.gb) << row.rule;
    }
}

TEST(EndReason, HasAWord) {
    EXPECT_EQ(to_text(EndReason::deleted), "deleted");
    EXPECT_EQ(to_text(EndReason::expired), "expired");
    EXPECT_EQ(to_text(EndReason::failed), "failed");
    EXPECT_EQ(to_text(EndReason::replaced), "replaced");
    EXPECT_EQ(to_text(EndReason::vanished), "vanished");
}

/// Its look was answered before the load was sent, by its own clock, which nothing measures.
TEST(Fold, ALookByAGatewayWhoseClockIsBehindIsOfTheLoad) {
    History h;
    h.load(100);
    h.gateway = GatewayId("gw2");
    h.seen(99.0, "DEPLOYING", {99.95, 99.95, -1, 0});
    h.seen(3000, "STOPPED", {99.95, 2400, 2300, 0});
    const auto sessions = h.sessions();
    ASSERT_EQ(sessions.size(), 1u);
    EXPECT_FALSE(sessions[0].discovered);
    EXPECT_EQ(seconds_of(sessions[0].running_at), 500);
    EXPECT_EQ(seconds_of(sessions[0].ended_at), 2400);
}

/// By more than clocks may differ: it was there, and the load started nothing.
TEST(Fold, WhatWasSeenWellBeforeALoadIsNotOfIt) {
    History h;
    h.load(100);
    h.gateway = GatewayId("gw2");
    h.seen(97.5, "RUNNING", {99.0, 97, 1897, 0}).seen(110, "RUNNING", {99.0, 97, 1897, 0});
    const auto sessions = h.sessions();
    ASSERT_EQ(sessions.size(), 1u);
    EXPECT_TRUE(sessions[0].discovered);
}

}  // namespace
}  // namespace lifecycle
