// Accounts that share one credential of the upstream: whose instance it is, and who kept it warm.
#include <gtest/gtest.h>

#include "lifecycle/history.h"

namespace lifecycle {
namespace {

struct Shared {
    History ours;
    History theirs;
    std::vector<Rival> rivals;

    Shared() {
        ours.load(100).seen(405, "RUNNING", {99.95, 400.5, 2200, 0});
        theirs.key = KeyFingerprint("other");
        theirs.gateway = GatewayId("gw2");
    }
    Session fold_ours() const {
        const auto sessions = fold(ours.upstream, ours.facts, {theirs.facts, rivals});
        EXPECT_EQ(sessions.size(), 1u);
        return sessions.empty() ? Session{} : sessions.front();
    }
};

TEST(Company, ARunOfAnotherResetsTheExpiryAndProvesLife) {
    Shared shared;
    shared.theirs.run(1500, 1510);
    const Session session = shared.fold_ours();
    EXPECT_EQ(seconds_of(session.expires_at), 1510 + 1800);
    EXPECT_EQ(seconds_of(session.last_proof_of_life), 1510);
}

/// The other's gateway is four minutes behind and nothing of ours came by it.
TEST(Company, ARunOfAnotherIsMovedByItsOwnAnswersDate) {
    Shared shared;
    Runs runs{shared.theirs.key, shared.theirs.model, second(1260), 1, 1, 0, 0, 1, 1,
              second(1265),      second(1265),        second(1270)};
    shared.theirs.add(1270, runs);
    EXPECT_EQ(seconds_of(shared.fold_ours().expires_at), 1270 + 1800);
    runs.asked_at = second(1265);
    runs.answered_at = second(1270);
    runs.date = second(1510);
    shared.theirs.facts.clear();
    shared.theirs.add(1270, runs);
    // The Date lies in [1510, 1511) and in the five seconds of the run.
    const Session session = shared.fold_ours();
    EXPECT_EQ(seconds_of(session.expires_at), 1513 + 1800);
    EXPECT_EQ(session.kept_warm_by.at(0).last_at, second(1513));
}

TEST(Company, RunsOfOthersAreTheirsAndNamed) {
    Shared shared;
    shared.ours.run(900, 901);
    shared.theirs.run(1000, 1002).run(1200, 1201, 404).run(1500, 1510);
    shared.theirs.key = KeyFingerprint("third");
    shared.theirs.add(1700, Runs{shared.theirs.key, shared.theirs.model, second(1680), 4, 3, 0, 0,
                                 1, 1, second(1681), second(1689), second(1692)});
    const Session session = shared.fold_ours();
    EXPECT_EQ(session.runs, 1u);
    EXPECT_EQ(seconds_of(session.last_run_at), 901);
    ASSERT_EQ(session.kept_warm_by.size(), 2u);
    EXPECT_EQ(session.kept_warm_by[0],
              (KeptWarm{KeyFingerprint("other"), 2, second(1000), second(1510)}));
    EXPECT_EQ(session.kept_warm_by[1],
              (KeptWarm{KeyFingerprint("third"), 3, second(1681), second(1692)}));
}

TEST(Company, ARunOfAnotherContradictsADenial) {
    Shared shared;
    shared.ours.absent(1000);
    EXPECT_EQ(shared.fold_ours().end_reason, EndReason::vanished);
    shared.theirs.run(1500, 1510);
    EXPECT_FALSE(shared.fold_ours().end_reason);
}

TEST(Company, NothingButRunsOfAnotherCounts) {
    Shared shared;
    shared.theirs.load(900).deletion(950).absent(960).seen(970, "FAILED", {-1, 965, -1, 0});
    const Session session = shared.fold_ours();
    EXPECT_FALSE(session.end_reason);
    EXPECT_TRUE(session.kept_warm_by.empty());
}

TEST(Company, ARunBelongsToTheInstanceThatBeganLast) {
    Shared shared;
    shared.ours.deletion(1000);
    shared.rivals = {{second(1200), second(1199.95)}};
    shared.ours.run(1500, 1510);
    shared.theirs.run(1600, 1610);
    const Session session = shared.fold_ours();
    EXPECT_EQ(session.runs, 0u);
    EXPECT_TRUE(session.kept_warm_by.empty());
    EXPECT_EQ(seconds_of(session.ended_at), 1000);
    EXPECT_EQ(seconds_of(session.expires_at), 2200);
}

TEST(Company, AnothersInstanceEndsOurs) {
    Shared shared;
    shared.rivals = {{second(5000), second(4999.95)}};
    shared.ours.run(6000, 6001);  // on theirs: revives nothing
    const Session session = shared.fold_ours();
    EXPECT_EQ(session.end_reason, EndReason::replaced);
    EXPECT_EQ(seconds_of(session.ended_at), 2200);
    EXPECT_TRUE(session.estimated);
}

TEST(Company, ARivalThatIsTheSameInstanceEndsNothing) {
    Shared shared;
    shared.rivals = {{second(101), second(99.95)}};
    shared.ours.run(6000, 6001);
    const Session session = shared.fold_ours();
    EXPECT_FALSE(session.end_reason);
    EXPECT_EQ(session.runs, 1u);
}

/// Theirs was loaded at 100 and answered at 118; the looks are ours.
struct Found {
    History ours;
    Rival loader{second(118), {}, second(100), second(130)};

    Found() { ours.seen(110, "RUNNING", {101, 105, 1905, 0}).absent(131); }
    std::size_t count(std::vector<Rival> rivals) const {
        return fold(ours.upstream, ours.facts, {{}, rivals}).size();
    }
};

TEST(Company, WhatARivalsLoadBeganIsNotWhoseKeyFoundIt) {
    Found found;
    EXPECT_EQ(found.count({}), 1u);
    EXPECT_EQ(found.count({found.loader}), 0u);
    found.loader.ended_at = {};
    EXPECT_EQ(found.count({found.loader}), 0u) << "it runs on";
}

TEST(Company, WhatARivalsLoadCannotHaveBegunStaysFound) {
    const Found found;
    Rival ended = found.loader;
    ended.ended_at = second(100.5);
    EXPECT_EQ(found.count({ended}), 1u) << "it was gone before";
    Rival later = found.loader;
    later.sent_at = second(103.5);
    EXPECT_EQ(found.count({later}), 1u) << "it was loaded after";
    Rival seen = found.loader;
    seen.created = second(117);
    EXPECT_EQ(found.count({seen}), 1u) << "its own is known";
    Rival unknown = found.loader;
    unknown.sent_at = {};
    EXPECT_EQ(found.count({unknown}), 1u);
}

TEST(Company, ALoadBeganOneInstanceTheNearest) {
    Found found;
    found.ours.seen(124, "RUNNING", {123, 123.5, 1923.5, 0});
    const auto sessions = fold(found.ours.upstream, found.ours.facts, {{}, {{found.loader}}});
    ASSERT_EQ(sessions.size(), 1u);
    EXPECT_EQ(seconds_of(sessions[0].created), 123);
    EXPECT_EQ(found.count({found.loader, found.loader}), 0u);
}

TEST(Company, OfGuestsAndRivalsTheOrderDoesNotMatter) {
    Shared shared;
    shared.theirs.run(1500, 1510).run(2600, 2610).run(9000, 9001);
    shared.rivals = {{second(8000), {}}, {second(8000), second(7999)}, {second(12'000), {}}};
    const Session expected = shared.fold_ours();
    EXPECT_EQ(expected.kept_warm_by.at(0).runs, 2u);
    std::reverse(shared.rivals.begin(), shared.rivals.end());
    std::reverse(shared.theirs.facts.begin(), shared.theirs.facts.end());
    shared.theirs.facts.push_back(shared.theirs.facts.front());
    const Session other = shared.fold_ours();
    EXPECT_EQ(other.kept_warm_by, expected.kept_warm_by);
    EXPECT_EQ(other.ended_at, expected.ended_at);
}

}  // namespace
}  // namespace lifecycle
