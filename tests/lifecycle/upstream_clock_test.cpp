#include "lifecycle/upstream_clock.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "lifecycle/history.h"

namespace lifecycle {
namespace {

using calendar::Duration;
using calendar::Instant;
using Reading = UpstreamClock::Reading;

Duration seconds(double count) {
    return {static_cast<std::int64_t>(count * 1e6)};
}

/// A question of 0.1 s, answered at `at` by an upstream that is `ahead` and prints whole seconds.
Reading reading(std::uint64_t sequence, double at, double ahead) {
    const std::int64_t told = (second(at) + seconds(ahead) - seconds(0.05)).micros;
    return {sequence, second(at - 0.1), second(at), Instant{told - told % 1'000'000}};
}

TEST(UpstreamClock, KnowsNothingWithoutADate) {
    EXPECT_EQ(UpstreamClock().at(1), (ClockOffset{Duration{}, std::nullopt}));
}

TEST(UpstreamClock, OfOneAnswerTheDateAllowsASecondAndTheQuestionsTime) {
    const UpstreamClock clock({{1, second(1000.4), second(1000.5), second(997)}});
    EXPECT_EQ(clock.at(1).shift, (Duration{-2'950'000}));  // -3.5 to -2.4
    EXPECT_EQ(clock.at(1).uncertainty, (Duration{550'000}));
}

TEST(UpstreamClock, TakesClocksToAgreeWhereTheDateAllowsIt) {
    const UpstreamClock clock({{1, second(1000.4), second(1000.5), second(1000)}});
    EXPECT_EQ(clock.at(1), (ClockOffset{Duration{}, Duration{599'999}}));
}

TEST(UpstreamClock, NarrowsWithEachAnswerThatAgrees) {
    for (const double ahead : {-7200.25, -3.3, 0.85, 4000.0}) {
        std::vector<Reading> readings;
        for (std::uint64_t i = 1; i <= 40; ++i)
            readings.push_back(reading(i, 1000 + static_cast<double>(i) * 7.37, ahead));
        const ClockOffset first = UpstreamClock({readings.front()}).at(1);
        const ClockOffset all = UpstreamClock(readings).at(1);
        EXPECT_LT(*all.uncertainty, *first.uncertainty) << ahead;
        EXPECT_LE(*all.uncertainty, seconds(0.1)) << ahead;
        EXPECT_LE(std::abs((all.shift - seconds(ahead)).micros), all.uncertainty->micros) << ahead;
    }
}

TEST(UpstreamClock, TheTruthIsAlwaysWithinTheUncertainty) {
    std::mt19937_64 dice(11);
    for (int round = 0; round < 2000; ++round) {
        const double ahead = static_cast<double>(dice() % 8'000'000) / 1e6 - 4;
        std::vector<Reading> readings;
        for (std::uint64_t i = 1; i <= 1 + dice() % 9; ++i)
            readings.push_back(reading(
                i, 1000 + static_cast<double>(i) * 40 + static_cast<double>(dice() % 1000) / 1000,
                ahead));
        const ClockOffset offset = UpstreamClock(readings).at(readings.back().sequence);
        ASSERT_LE(std::abs((offset.shift - seconds(ahead)).micros), offset.uncertainty->micros + 1)
            << ahead;
    }
}

TEST(UpstreamClock, BeginsAnewWhereAClockWasSet) {
    std::vector<Reading> readings;
    for (std::uint64_t i = 1; i <= 20; ++i)
        readings.push_back(reading(i, 1000 + static_cast<double>(i) * 7.37, i <= 10 ? 5 : -30));
    const UpstreamClock clock(readings);
    EXPECT_LE(std::abs((clock.at(10).shift - seconds(5)).micros), 100'000);
    EXPECT_LE(std::abs((clock.at(11).shift - seconds(-30)).micros), 100'000);
}

TEST(UpstreamClock, AGatewaysOrderIsItsSequenceWhereItsClockWasSetBack) {
    const UpstreamClock clock({reading(1, 2000, 0), reading(2, 1000, 1500)});
    EXPECT_LE(std::abs(clock.at(1).shift.micros), 600'000);
    EXPECT_LE(std::abs((clock.at(2).shift - seconds(1500)).micros), 600'000);
}

TEST(UpstreamClock, IsTheSameWhateverTheOrderOfItsReadings) {
    std::mt19937_64 dice(5);
    std::vector<Reading> readings;
    for (std::uint64_t i = 1; i <= 60; ++i)
        readings.push_back(
            reading(i, 1000 + static_cast<double>(i) * 173.7, static_cast<double>(i / 20) * 2 + 1));
    const UpstreamClock expected(readings);
    for (int round = 0; round < 50; ++round) {
        std::shuffle(readings.begin(), readings.end(), dice);
        const UpstreamClock shuffled(readings);
        for (std::uint64_t i = 1; i <= 60; ++i) ASSERT_EQ(shuffled.at(i), expected.at(i));
    }
}

// A fold reads facts from the start of a window on: what is before it must not matter.
TEST(UpstreamClock, NothingBeforeAWindowMatters) {
    std::vector<Reading> readings;
    for (std::uint64_t i = 1; i <= 200; ++i)
        readings.push_back(reading(i, static_cast<double>(i) * 97.3, 0.4));
    const Instant from = clock_window_start(second(10'000));
    std::vector<Reading> late;
    for (const Reading& one : readings)
        if (one.answered >= from) late.push_back(one);
    ASSERT_LT(late.size(), readings.size());
    for (const Reading& one : late)
        EXPECT_EQ(UpstreamClock(late).at(one.sequence), UpstreamClock(readings).at(one.sequence));
}

TEST(UpstreamClock, WindowsBeginAtFullHours) {
    EXPECT_EQ(clock_window_start(Instant{0}), Instant{0});
    EXPECT_EQ(clock_window_start(Instant{-1}), Instant{-3'600'000'000});
    EXPECT_EQ(clock_window_start(Instant{3'600'000'001}), Instant{3'600'000'000});
}

}  // namespace
}  // namespace lifecycle
