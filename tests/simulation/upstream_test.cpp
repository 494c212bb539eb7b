// The simulated upstream's life cycle, by the description of the API.
#include "simulation/upstream.h"

#include <gtest/gtest.h>

namespace simulation {
namespace {

class UpstreamTest : public testing::Test {
  protected:
    static Manners plain() {
        Manners manners;
        manners.shortest_boot = manners.longest_boot = minute;
        manners.failed_boots = manners.crashes = manners.overruns = manners.lies = 0;
        return manners;
    }
    Upstream make(Manners manners) { return Upstream(agenda_, Dice(1), manners, lives_); }
    static Upstream::LoadOrder order() { return {"a", "m", 1, 300, "ticket"}; }
    std::string state(Upstream& upstream) {
        const Reply reply = upstream.status("a", "m");
        return reply.report ? reply.report->state : std::to_string(reply.status);
    }

    Agenda agenda_{1000 * day};
    std::vector<Life> lives_;
};

TEST_F(UpstreamTest, BootsRunsExpiresAndIsGoneWithinTwoMinutes) {
    Upstream upstream = make(plain());
    EXPECT_EQ(state(upstream), "404");
    EXPECT_EQ(upstream.load(order()).status, 200);
    EXPECT_EQ(upstream.load(order()).status, 429);
    EXPECT_EQ(state(upstream), "DEPLOYING");
    agenda_.run_until(1000 * day + minute);
    EXPECT_EQ(state(upstream), "RUNNING");
    EXPECT_EQ(upstream.load(order()).status, 409);
    EXPECT_EQ(*upstream.status("a", "m").report->expires, 1000 * day + 6 * minute);
    agenda_.run_until(1000 * day + 8 * minute);
    EXPECT_EQ(state(upstream), "STOPPED");
    EXPECT_GE(*lives_[0].ended, 1000 * day + 6 * minute);
    EXPECT_EQ(upstream.load(order()).status, 200);
    EXPECT_EQ(lives_.size(), 2u);
}

TEST_F(UpstreamTest, ARunStopsTheIdleClockAndWindsItAtItsEnd) {
    Upstream upstream = make(plain());
    (void)upstream.load(order());
    agenda_.run_until(1000 * day + 2 * minute);
    std::vector<int> answers;
    const auto note = [&](const Reply& reply) { answers.push_back(reply.status); };
    upstream.run("a", "m", 20 * minute, note);
    upstream.run("a", "m", minute, note);  // one replica
    EXPECT_EQ(answers, std::vector<int>{429});
    EXPECT_FALSE(upstream.status("a", "m").report->expires);
    agenda_.run_until(1000 * day + 22 * minute);
    EXPECT_EQ(answers.back(), 200);
    EXPECT_EQ(*upstream.status("a", "m").report->expires, 1000 * day + 27 * minute);
}

TEST_F(UpstreamTest, ADeleteEndsAtOnceBootingOrRunningAndIsIdempotent) {
    Upstream upstream = make(plain());
    EXPECT_EQ(upstream.remove("a", "m").status, 404);
    (void)upstream.load(order());
    EXPECT_EQ(upstream.remove("a", "m").status, 200);
    EXPECT_EQ(state(upstream), "STOPPED");
    EXPECT_EQ(upstream.remove("a", "m").status, 200);
    agenda_.run_until(1000 * day + hour);
    EXPECT_FALSE(lives_[0].running);
}

TEST_F(UpstreamTest, AnInstanceTakesItsRunsDownWithIt) {
    Upstream upstream = make(plain());
    (void)upstream.load(order());
    agenda_.run_until(1000 * day + 2 * minute);
    int answer = 0;
    upstream.run("a", "m", hour, [&](const Reply& reply) { answer = reply.status; });
    (void)upstream.remove("a", "m");
    EXPECT_EQ(answer, 502);
    agenda_.run_until(1000 * day + 2 * hour);
    EXPECT_EQ(answer, 502);
}

TEST_F(UpstreamTest, AFailedBootIsStickyUntilTheNextLoadAndTheLieAboutItIsShort) {
    Manners manners = plain();
    manners.failed_boots = 100;
    manners.lies = 100;
    Upstream upstream = make(manners);
    (void)upstream.load(order());
    agenda_.run_until(1000 * day + hour);
    EXPECT_EQ(state(upstream), "FAILED");
    EXPECT_FALSE(lives_[0].running);
    (void)upstream.load(order());
    EXPECT_EQ(state(upstream), "FAILED");  // the one before, for a moment
    EXPECT_EQ(upstream.status("a", "m").life, 0u);
    agenda_.run_until(1000 * day + hour + Manners::moment);
    EXPECT_EQ(state(upstream), "DEPLOYING");
}

TEST_F(UpstreamTest, ForgetsWhereItIsOfThatKind) {
    Manners manners = plain();
    manners.forgets = minute;
    Upstream upstream = make(manners);
    (void)upstream.load(order());
    (void)upstream.remove("a", "m");
    EXPECT_EQ(state(upstream), "STOPPED");
    agenda_.run_until(1000 * day + minute);
    EXPECT_EQ(state(upstream), "404");
}

}  // namespace
}  // namespace simulation
