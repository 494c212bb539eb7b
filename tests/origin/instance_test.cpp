// The life of an instance, as api-semantics.md draws it, with a clock that tests advance.
#include "origin/instance.h"

#include <gtest/gtest.h>

namespace origin {
namespace {

using calendar::Duration;
using calendar::Instant;
using Due = Instance::Due;
using RunDecision = Instance::RunDecision;
using RunEnd = Instance::RunEnd;
using State = Instance::State;

const Instant kLoaded{1'716'853'535'863'000};
Instant at(std::int64_t seconds) {
    return kLoaded + Duration::seconds(seconds);
}

Instance loaded(LoadOptions options = {}, InstanceLimits limits = {}) {
    return Instance(lifecycle::ModelName("a/b"), options, limits, kLoaded);
}

/// RUNNING since second 10.
Instance running(LoadOptions options = {}, InstanceLimits limits = {}) {
    Instance instance = loaded(options, limits);
    instance.on_processes_started(at(1));
    instance.on_engine_listening(at(5));
    for (std::int64_t i = 0; i < options.concurrency; ++i) instance.on_replica_ready(at(10));
    return instance;
}

TEST(Instance, BootsInTheDocumentedSteps) {
    Instance instance = loaded();
    EXPECT_EQ(instance.report().status, "DEPLOYING");
    instance.on_processes_started(at(1));
    EXPECT_EQ(instance.report().status, "INSTANTIATING");
    instance.on_engine_listening(at(2));
    EXPECT_EQ(instance.report().status, "STARTING");
    EXPECT_EQ(instance.report().expires_at, std::nullopt);
    instance.on_replica_ready(at(3));
    EXPECT_EQ(instance.report().status, "RUNNING");
    EXPECT_EQ(instance.report().created, kLoaded);
    EXPECT_EQ(instance.report().modified, at(3));
}

TEST(Instance, ABootNeverGoesBackwards) {
    Instance instance = running();
    instance.on_processes_started(at(20));
    instance.on_engine_listening(at(21));
    instance.on_replica_ready(at(22));
    EXPECT_EQ(instance.report().status, "RUNNING");
    EXPECT_EQ(instance.report().modified, at(10));
}

TEST(Instance, RunsWhenItsLastReplicaIsReady) {
    Instance instance = loaded({3, 1800});
    instance.on_replica_ready(at(1));
    instance.on_replica_ready(at(2));
    EXPECT_EQ(instance.report().status, "STARTING");
    instance.on_replica_ready(at(9));
    EXPECT_EQ(instance.report().status, "RUNNING");
    EXPECT_EQ(instance.report().expires_at, at(9 + 1800));
}

TEST(Instance, ExpiryCountsFromRunningNotFromLoad) {
    const Instance instance = running({1, 300});
    EXPECT_EQ(instance.report().expires_at, at(10 + 300));
    EXPECT_EQ(instance.due(at(309)), Due::nothing);
    EXPECT_EQ(instance.due(at(310)), Due::expired);
    EXPECT_EQ(instance.next_due(), at(310));
}

TEST(Instance, ARunResetsTheClockAtItsEnd) {
    Instance instance = running({1, 300});
    EXPECT_EQ(instance.on_run_arrival(at(100)), RunDecision::accepted);
    EXPECT_EQ(instance.report().expires_at, std::nullopt);
    EXPECT_EQ(instance.report().inferences, 1);
    EXPECT_EQ(instance.next_due(), std::nullopt);
    EXPECT_EQ(instance.due(at(5000)), Due::nothing) << "a run in flight is not idle";
    instance.on_run_end(at(5000), RunEnd::answered);
    EXPECT_EQ(instance.report().expires_at, at(5300));
}

TEST(Instance, ExpiresOnlyAfterTheLastOfSeveralRuns) {
    Instance instance = running({2, 10});
    (void)instance.on_run_arrival(at(11));
    (void)instance.on_run_arrival(at(12));
    instance.on_run_end(at(13), RunEnd::answered);
    EXPECT_EQ(instance.due(at(1000)), Due::nothing);
    instance.on_run_end(at(1000), RunEnd::answered);
    EXPECT_EQ(instance.report().expires_at, at(1010));
    EXPECT_EQ(instance.report().inferences, 2);
}

TEST(Instance, ARunThatTheEngineNeverAnsweredDoesNotCount) {
    Instance instance = running({1, 300});
    (void)instance.on_run_arrival(at(100));
    instance.on_run_end(at(101), RunEnd::unanswered);
    EXPECT_EQ(instance.report().inferences, 0);
    EXPECT_EQ(instance.report().expires_at, at(310)) << "as if it had not come";
}

TEST(Instance, SpinDownDelaysTheEndAndARunThenRevives) {
    Instance instance = running({1, 300}, {Duration::seconds(600), Duration::seconds(60)});
    EXPECT_EQ(instance.report().expires_at, at(310));
    EXPECT_EQ(instance.due(at(369)), Due::nothing);
    EXPECT_EQ(instance.on_run_arrival(at(369)), RunDecision::accepted);
    instance.on_run_end(at(370), RunEnd::answered);
    EXPECT_EQ(instance.due(at(370)), Due::nothing);
    EXPECT_EQ(instance.due(at(370 + 300 + 60)), Due::expired);
}

TEST(Instance, ABootThatTakesTooLongIsDue) {
    Instance instance = loaded({}, {Duration::seconds(60), Duration::seconds(0)});
    instance.on_processes_started(at(1));
    EXPECT_EQ(instance.next_due(), at(60));
    EXPECT_EQ(instance.due(at(59)), Due::nothing);
    EXPECT_EQ(instance.due(at(60)), Due::boot_timed_out);
}

TEST(Instance, FailureSticksWithItsFirstError) {
    Instance instance = running();
    instance.on_failure(at(20), "out of memory");
    instance.on_failure(at(21), "another");
    instance.on_stop(at(22));
    EXPECT_EQ(instance.report().status, "FAILED");
    EXPECT_EQ(instance.report().error, "out of memory");
    EXPECT_EQ(instance.report().modified, at(20));
    EXPECT_EQ(instance.next_due(), std::nullopt);
}

TEST(Instance, StopIsFinalAndRepeatable) {
    Instance instance = running();
    instance.on_stop(at(20));
    instance.on_stop(at(30));
    instance.on_failure(at(31), "late");
    EXPECT_EQ(instance.report().status, "STOPPED");
    EXPECT_EQ(instance.report().modified, at(20));
    EXPECT_EQ(instance.report().error, std::nullopt);
    EXPECT_EQ(instance.report().expires_at, std::nullopt);
}

TEST(Instance, ARunMayEndAfterItsInstance) {
    Instance instance = running();
    (void)instance.on_run_arrival(at(20));
    instance.on_stop(at(21));
    instance.on_run_end(at(22), RunEnd::answered);
    EXPECT_EQ(instance.report().modified, at(21));
    EXPECT_EQ(instance.report().inferences, 1);
}

TEST(Instance, TakesRunsOnlyWhileRunning) {
    struct Row {
        State state;
        RunDecision decision;
    };
    const Row rows[] = {{State::deploying, RunDecision::not_running},
                        {State::instantiating, RunDecision::not_running},
                        {State::starting, RunDecision::not_running},
                        {State::running, RunDecision::accepted},
                        {State::failed, RunDecision::not_running},
                        {State::stopped, RunDecision::not_running}};
    for (const Row& row : rows) {
        Instance instance = loaded();
        if (row.state >= State::instantiating) instance.on_processes_started(at(1));
        if (row.state >= State::starting) instance.on_engine_listening(at(2));
        if (row.state >= State::running) instance.on_replica_ready(at(3));
        if (row.state == State::failed) instance.on_failure(at(4), "x");
        if (row.state == State::stopped) instance.on_stop(at(4));
        ASSERT_EQ(instance.state(), row.state);
        EXPECT_EQ(instance.on_run_arrival(at(5)), row.decision) << to_text(row.state);
        EXPECT_EQ(instance.is_booting(), row.state < State::running) << to_text(row.state);
    }
}

}  // namespace
}  // namespace origin
