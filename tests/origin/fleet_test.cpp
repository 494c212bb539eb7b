// Instances over real processes: boots, crashes, queues, expiry, ends.
#include "origin/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/clock.h"
#include "support.h"

namespace origin {
namespace {

using calendar::Duration;
using testing::HasSubstr;
using testing_support::eventually;
using testing_support::stand_in;

const lifecycle::ModelName kModel("test/stand-in");

// A few milliseconds on a quiet machine; the rest is for one that compiles beside the test.
constexpr std::chrono::seconds kPromptly(2);

FleetLimits short_limits() {
    FleetLimits limits;
    limits.kill_grace = Duration::milliseconds(200);
    limits.queue_limit = Duration::milliseconds(1500);
    limits.queue_per_replica = 1;
    return limits;
}

/// A clock that stands still until it is told to go on: expiry without waiting.
class HandClock : public calendar::Clock {
  public:
    calendar::Instant now() const override { return {micros_.load()}; }
    void advance(Duration by) { micros_ += by.micros; }

  private:
    std::atomic<std::int64_t> micros_ = 1'700'000'000'000'000;
};

class FleetTest : public testing::Test {
  protected:
    std::string state() const {
        const auto report = fleet_.find(kModel);
        return report ? report->status : "absent";
    }
    bool reaches(const std::string& wanted) const {
        return eventually([&] { return state() == wanted; });
    }
    std::optional<RunLease> begin_run(Fleet::RunRefusal& refusal) {
        return fleet_.begin_run(
            kModel, [] { return true; }, refusal);
    }
    void load_to_running(LoadOptions options = {}, const CatalogueEntry& entry = stand_in()) {
        ASSERT_EQ(fleet_.load(entry, options), Fleet::LoadOutcome::started);
        ASSERT_TRUE(reaches("RUNNING")) << fleet_.find(kModel)->error.value_or("");
    }

    HandClock clock_;
    Fleet fleet_{clock_, "", short_limits()};
    Fleet::RunRefusal refusal_{};
};

TEST_F(FleetTest, KnowsNothingOfWhatWasNeverLoaded) {
    EXPECT_EQ(state(), "absent");
    EXPECT_FALSE(fleet_.remove(kModel));
    EXPECT_FALSE(begin_run(refusal_));
    EXPECT_EQ(refusal_, Fleet::RunRefusal::not_loaded);
}

TEST_F(FleetTest, LoadsOnce) {
    EXPECT_EQ(fleet_.load(stand_in({"--boot-seconds", "0.5"}), {}), Fleet::LoadOutcome::started);
    EXPECT_EQ(fleet_.load(stand_in(), {5, 7}), Fleet::LoadOutcome::in_progress);
    EXPECT_FALSE(begin_run(refusal_));
    EXPECT_EQ(refusal_, Fleet::RunRefusal::booting);
    EXPECT_EQ(fleet_.list().size(), 1U);
    ASSERT_TRUE(reaches("RUNNING"));
    EXPECT_EQ(fleet_.load(stand_in(), {5, 7}), Fleet::LoadOutcome::already_loaded);
    EXPECT_EQ(fleet_.find(kModel)->concurrency, 1) << "a refused load changes no options";
    EXPECT_EQ(fleet_.find(kModel)->expiration_seconds, 1800);
}

TEST_F(FleetTest, DeleteIsDoneAtOnceAndCanBeRepeated) {
    load_to_running({2, 1800});
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(fleet_.remove(kModel));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kPromptly);
    EXPECT_EQ(state(), "STOPPED");
    EXPECT_TRUE(fleet_.list().empty());
    EXPECT_TRUE(fleet_.remove(kModel));
    EXPECT_FALSE(begin_run(refusal_));
    EXPECT_EQ(refusal_, Fleet::RunRefusal::stopped);
}

TEST_F(FleetTest, ALoadAfterTheEndIsANewInstance) {
    load_to_running();
    const auto first = fleet_.find(kModel)->created;
    fleet_.remove(kModel);
    load_to_running();  // the clock stands still
    EXPECT_GT(*fleet_.find(kModel)->created, *first) << "created is the identity on the wire";
}

TEST_F(FleetTest, AFailedBootTellsTheEnginesLastWords) {
    ASSERT_EQ(fleet_.load(stand_in({"--die-at-start"}), {}), Fleet::LoadOutcome::started);
    ASSERT_TRUE(reaches("FAILED"));
    const std::string error = fleet_.find(kModel)->error.value();
    EXPECT_THAT(error, HasSubstr("status 3"));
    EXPECT_THAT(error, HasSubstr("cannot find my weights | no such file: größe"));
    EXPECT_TRUE(fleet_.list().empty());
    EXPECT_FALSE(begin_run(refusal_));
    EXPECT_EQ(refusal_, Fleet::RunRefusal::failed);
    EXPECT_TRUE(
        eventually([&] { return fleet_.load(stand_in(), {}) == Fleet::LoadOutcome::started; }));
    EXPECT_TRUE(reaches("RUNNING")) << "the service works again";
}

TEST_F(FleetTest, ABootThatTakesTooLongFails) {
    CatalogueEntry entry = stand_in({"--never-healthy"});
    entry.boot_limit = Duration::seconds(30);
    ASSERT_EQ(fleet_.load(entry, {}), Fleet::LoadOutcome::started);
    ASSERT_TRUE(reaches("STARTING"));
    clock_.advance(Duration::seconds(31));
    fleet_.poke();
    ASSERT_TRUE(reaches("FAILED"));
    EXPECT_THAT(fleet_.find(kModel)->error.value(), HasSubstr("not ready in time"));
}

TEST_F(FleetTest, ACrashIsSeenAtOnceAndEndsAllReplicas) {
    load_to_running({2, 1800}, stand_in());
    auto lease = begin_run(refusal_);
    ASSERT_TRUE(lease);
    const auto victim = fleet_.engine_pids(kModel);
    ASSERT_EQ(victim.size(), 2U);
    const auto begin = std::chrono::steady_clock::now();
    ::kill(victim[0], SIGKILL);
    ASSERT_TRUE(reaches("FAILED"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kPromptly);
    EXPECT_THAT(fleet_.find(kModel)->error.value(), HasSubstr("signal 9"));
    EXPECT_TRUE(eventually([&] { return ::kill(victim[1], 0) != 0; })) << "the other one ends too";
}

TEST_F(FleetTest, OneRunAReplicaThenAShortQueueThenBusy) {
    load_to_running({2, 1800});
    auto first = begin_run(refusal_);
    auto second = begin_run(refusal_);
    ASSERT_TRUE(first && second);
    EXPECT_NE(first->port(), second->port());
    EXPECT_FALSE(begin_run(refusal_)) << "waits its time in the queue";
    EXPECT_EQ(refusal_, Fleet::RunRefusal::busy);
    EXPECT_EQ(fleet_.find(kModel)->inferences, 2) << "what was refused does not count";
    first.reset();
    EXPECT_TRUE(begin_run(refusal_)) << "a freed replica takes the next";
}

TEST_F(FleetTest, AWaitingRunGetsTheFreedReplica) {
    load_to_running();
    std::optional<RunLease> first = begin_run(refusal_);
    ASSERT_TRUE(first);
    std::thread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        first.reset();
    });
    EXPECT_TRUE(begin_run(refusal_));
    other.join();
}

TEST_F(FleetTest, ARunWhoseClientHasGoneLeavesTheQueue) {
    load_to_running();
    const auto first = begin_run(refusal_);
    EXPECT_FALSE(fleet_.begin_run(
        kModel, [] { return false; }, refusal_));
    EXPECT_EQ(refusal_, Fleet::RunRefusal::client_gone);
}

TEST_F(FleetTest, ExpiresWhenIdleButNeverWithARunInFlight) {
    load_to_running({1, 60});
    auto lease = begin_run(refusal_);
    ASSERT_TRUE(lease);
    clock_.advance(Duration::seconds(3600));
    fleet_.poke();
    EXPECT_EQ(state(), "RUNNING");
    EXPECT_EQ(fleet_.find(kModel)->expires_at, std::nullopt);
    lease->set_answered();
    lease.reset();
    EXPECT_EQ(fleet_.find(kModel)->expires_at, clock_.now() + Duration::seconds(60));
    clock_.advance(Duration::seconds(59));
    fleet_.poke();
    EXPECT_EQ(state(), "RUNNING");
    clock_.advance(Duration::seconds(1));
    fleet_.poke();
    EXPECT_TRUE(reaches("STOPPED"));
    EXPECT_TRUE(eventually([&] { return fleet_.engine_pids(kModel).empty(); }));
}

}  // namespace
}  // namespace origin
