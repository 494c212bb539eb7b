// The simulator's own test: bugs planted where the product meets the world must be found within a
// hundred seeds, and for what they are. A simulator that finds nothing proves nothing.
#include <gtest/gtest.h>

#include <iostream>

#include "simulation/simulation.h"

namespace simulation {
namespace {

constexpr std::uint64_t most_seeds = 100;

/// How many seeds it took until a finding of one of these kinds; 0: not found.
std::uint64_t seeds_until(const Plant& plant, std::vector<Finding::Kind> kinds) {
    silence_log();
    for (std::uint64_t seed = 1; seed <= most_seeds; ++seed) {
        const Outcome outcome = simulate(seed, plant);
        for (const Finding& finding : outcome.verdict.findings) {
            if (std::find(kinds.begin(), kinds.end(), finding.kind) == kinds.end()) continue;
            std::cout << "found after " << seed << " seeds: " << finding.text << std::endl;
            return seed;
        }
    }
    return 0;
}

metering::Charge rate(const metering::SessionFacts& facts, const metering::Plan& plan,
                      const calendar::Zone& zone, calendar::Instant as_of) {
    return metering::rate_session(facts, plan, zone, as_of);
}

/// To cents, as an invoice line is in the end: too early here.
void round(std::optional<money::Amount>& amount) {
    if (amount) amount = money::Amount(money::half_up(amount->value(), 2), amount->currency());
}

}  // namespace

TEST(Planted, NothingIsFoundWhereNothingIsPlanted) {
    silence_log();
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Outcome outcome = simulate(seed);
        EXPECT_TRUE(outcome.is_well()) << report_of(outcome);
    }
}

TEST(Planted, ASkippedSyncOfAFileLosesWhatWasAcknowledged) {
    Plant plant;
    plant.lies.files = 1;
    EXPECT_NE(seeds_until(plant, {Finding::Kind::lost}), 0u);
}

/// Of every third: what is lost has later syncs behind it, and the journal does not start over it.
TEST(Planted, ASyncSkippedNowAndThenLosesWhatWasAcknowledged) {
    Plant plant;
    plant.lies.files = 3;
    EXPECT_NE(seeds_until(plant, {Finding::Kind::lost, Finding::Kind::unsettled}), 0u);
}

TEST(Planted, ASkippedSyncOfADirectoryLosesWhatWasAcknowledged) {
    Plant plant;
    plant.lies.directories = true;
    EXPECT_NE(seeds_until(plant, {Finding::Kind::lost}), 0u);
}

TEST(Planted, ABatchTakenTwiceIsFoundInTheBooks) {
    Plant plant;
    plant.forget_marks = true;
    EXPECT_NE(seeds_until(plant, {Finding::Kind::doubled}), 0u);
}

TEST(Planted, MoneyRoundedPerSliceIsFound) {
    Plant plant;
    plant.rate = [](const auto& facts, const auto& plan, const auto& zone, auto as_of) {
        metering::Charge charge = rate(facts, plan, zone, as_of);
        for (metering::MonthSlice& slice : charge.slices) round(slice.amount);
        return charge;
    };
    EXPECT_NE(seeds_until(plant, {Finding::Kind::wrong_amount}), 0u);
}

TEST(Planted, MoneyRoundedPerSessionIsFound) {
    Plant plant;
    plant.rate = [](const auto& facts, const auto& plan, const auto& zone, auto as_of) {
        metering::Charge charge = rate(facts, plan, zone, as_of);
        round(charge.amount);
        if (charge.slices.size() == 1) charge.slices.front().amount = charge.amount;
        return charge;
    };
    EXPECT_NE(seeds_until(plant, {Finding::Kind::wrong_amount}), 0u);
}

/// Each month's part rounded up by itself: right for all that does not cross a month's end.
TEST(Planted, TimeRoundedPerSliceIsFound) {
    Plant plant;
    plant.rate = [](const auto& facts, const auto& plan, const auto& zone, auto as_of) {
        metering::Charge charge = rate(facts, plan, zone, as_of);
        if (charge.slices.size() < 2 || !charge.amount) return charge;
        const std::int64_t step = plan.increment.micros;
        calendar::Duration sum;
        for (metering::MonthSlice& slice : charge.slices) {
            slice.billable.micros = (slice.billable.micros + step - 1) / step * step;
            sum = sum + slice.billable;
        }
        const std::int64_t replicas = plan.per_replica ? facts.concurrency : 1;
        const auto price = *facts.gb * money::Decimal(replicas) * plan.rate_per_gb_second;
        const auto amount = [&](calendar::Duration billable) {
            return money::Amount(price * metering::to_seconds(billable), plan.currency);
        };
        for (metering::MonthSlice& slice : charge.slices) slice.amount = amount(slice.billable);
        charge.amount = amount(sum);
        return charge;
    };
    EXPECT_NE(seeds_until(plant, {Finding::Kind::wrong_amount}), 0u);
}

TEST(Planted, AForgottenGraceCapIsFound) {
    Plant plant;
    plant.rate = [](const auto& facts, const auto& plan, const auto& zone, auto as_of) {
        metering::Plan endless = plan;
        endless.shutdown_grace = calendar::Duration::seconds(1'000'000);
        return rate(facts, endless, zone, as_of);
    };
    EXPECT_NE(seeds_until(plant, {Finding::Kind::wrong_amount}), 0u);
}

TEST(Planted, AForgottenMinimumIsFound) {
    Plant plant;
    plant.rate = [](const auto& facts, const auto& plan, const auto& zone, auto as_of) {
        metering::Plan least = plan;
        least.minimum = {};
        return rate(facts, least, zone, as_of);
    };
    EXPECT_NE(seeds_until(plant, {Finding::Kind::wrong_amount}), 0u);
}

}  // namespace simulation
