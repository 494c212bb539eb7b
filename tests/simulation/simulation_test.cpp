// Seeds: old ones that once showed something, and fresh ones each time.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <random>
#include <regex>

#include "simulation/simulation.h"

namespace simulation {
namespace {

/// Seeds that failed once, with what they showed.
constexpr std::uint64_t hard_seeds[] = {
    1,    // a run that another account's instance took was counted to one that had been denied
    7,    // the same after a report of the end: it moved the expiry, and the grace with it
    67,   // the same after a delete: it made an instance that never ran one that ran
    75,   // the same, with an instance that took long to shut down
    390,  // a delete whose answer took long, beside an expiry
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

/// Where most of the evidence is exact, most of the bounds must meet: else the auditor lets all
/// pass.
TEST(Simulation, MostInstancesAreHeldToTheLastDigit) {
    silence_log();
    std::size_t billed = 0, exact = 0;
    for (std::uint64_t seed = 100; seed < 130; ++seed) {
        const Outcome outcome = simulate(seed);
        billed += outcome.verdict.billed;
        exact += outcome.verdict.exact;
    }
    EXPECT_GT(billed, 500u);
    EXPECT_GT(exact * 10, billed * 7) << exact << " of " << billed;
}

TEST(Simulation, FreshSeeds) {
    silence_log();
    const std::uint64_t first = std::random_device()();
    std::cout << "first seed " << first << std::endl;
    for (std::uint64_t seed = first; seed < first + 200; ++seed) {
        const Outcome outcome = simulate(seed);
        ASSERT_TRUE(outcome.is_well()) << report_of(outcome);
    }
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
