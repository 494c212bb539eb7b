// Seeds: old ones that once showed something, and fresh ones each time.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <random>
#include <regex>

#include "platform/clock.h"
#include "simulation/simulation.h"

namespace simulation {
namespace {

/// Seeds that failed once, with what they showed.
constexpr std::uint64_t hard_seeds[] = {
    24,       // a run of another account's instance revived one that had been denied for long
    57,       // a delete was billed up to its late answer, though its Date told when it was given
    86,       // a run of another's moved the expiry of an instance that had ended, and its grace
    100,      // a run of another's made an instance that never ran one that ran
    203,      // an instance from elsewhere was taken for a load that had been deleted before
    821,      // a look that lagged behind a FAILED report kept the session open for ever
    201'433,  // a delete met an instance that its account had never seen
    3100574046,  // a STOPPED that was told to another key ended the watch; no fact told the loader
    963925348,   // an answered delete was lost with its gateway, and nobody asked any more
    4079630068,  // asked and deleted in one breath: the look that saw it RUNNING did not count
    1184869029,  // an instance that nobody saw end stayed open: what was seen was a younger one
    4000289090,  // who saw what another had loaded was billed: the loader had not looked itself
    989354897,   // an instance went to who had loaded 44 s before, not to who loaded just then
    3708432990,  // a look by a gateway whose clock was behind seemed to come before the load
    1094049276,  // a run of six minutes alone told of its gateway's clock, and of nothing else
    904069956,   // a run that a deleted instance finished made the next one, booting, one that ran
    520871277,   // an instance failed while the next load was on its way, which nobody watched then
    600673967,   // an unanswered load's replicas were billed for an instance begun elsewhere
    3394410927,  // another's run was moved by a clock measured minutes and boots away
    1755556254,  // a load whose instance was deleted unseen was given another account's, much later
};

}  // namespace

TEST(Simulation, OldHardSeeds) {
    silence_log();
    for (const std::uint64_t seed : hard_seeds) {
        const Outcome outcome = simulate(seed);
        EXPECT_TRUE(outcome.is_well()) << report_of(outcome);
    }
}

TEST(Simulation, TheSameSeedGivesTheSameRunAndVerdict) {
    silence_log();
    for (const std::uint64_t seed : {3, 4, 8, 16, 19}) {
        const Outcome once = simulate(seed);
        const Outcome again = simulate(seed);
        EXPECT_EQ(once.digest, again.digest) << seed;
        EXPECT_EQ(once.facts, again.facts) << seed;
        EXPECT_EQ(once.verdict.exact, again.verdict.exact) << seed;
        EXPECT_EQ(report_of(once), report_of(again));
        EXPECT_NE(once.digest, simulate(seed + 1).digest) << seed;
    }
}

/// Where clocks agree most of the evidence is exact, so most of the bounds must meet: else the
/// auditor lets all pass.
TEST(Simulation, WhereClocksAgreeMostInstancesAreHeldToTheLastDigit) {
    silence_log();
    std::size_t billed = 0, exact = 0;
    for (std::uint64_t seed = 100; seed < 140; ++seed) {
        const Outcome outcome = simulate(seed);
        if (!outcome.clocks_agree) continue;
        billed += outcome.verdict.billed;
        exact += outcome.verdict.exact;
    }
    EXPECT_GT(billed, 500u);
    EXPECT_GT(exact * 100, billed * 85) << exact << " of " << billed;
}

/// So many, or a minute of them on a slow machine.
TEST(Simulation, FreshSeeds) {
    constexpr std::uint64_t most = 400;
    silence_log();
    const std::uint64_t first = std::random_device()();
    std::cout << "first seed " << first << std::endl;
    const std::int64_t end = platform::monotonic_micros() + minute;
    std::uint64_t seed = first;
    for (; seed < first + most && platform::monotonic_micros() < end; ++seed) {
        const Outcome outcome = simulate(seed);
        ASSERT_TRUE(outcome.is_well()) << report_of(outcome);
    }
    std::cout << seed - first << " seeds" << std::endl;
}

/// The upstream and the auditor must not lean on what they are to test.
TEST(Simulation, UpstreamAndAuditorIncludeNothingOfTheProduct) {
    const std::regex include("#include \"([^\"]+)\"");
    for (const char* name : {"agenda.h", "truth.h", "upstream.h", "upstream.cpp", "auditor.h",
                             "auditor.cpp", "bounds.h", "bounds.cpp"}) {
        std::ifstream file(std::string(TOLLGATE_SOURCE "/tests/simulation/") + name);
        ASSERT_TRUE(file) << name;
        for (std::string line; std::getline(file, line);) {
            std::smatch match;
            if (!std::regex_search(line, match, include)) continue;
            EXPECT_TRUE(match[1].str().starts_with("simulation/")) << name << ": " << line;
        }
    }
}

}  // namespace simulation
