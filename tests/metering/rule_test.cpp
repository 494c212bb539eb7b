#include "metering/rule.h"

#include <gtest/gtest.h>

#include <random>

#include "metering/builders.h"

namespace metering {
namespace {

using calendar::Duration;
using calendar::Instant;
using calendar::Zone;

Charge rate(const SessionFacts& facts, const Plan& plan = default_plan(),
            std::string_view as_of = "2026-10-05T12:00:00Z", const Zone& zone = Zone::utc()) {
    return rate_session(facts, plan, zone, at(as_of));
}

std::string seconds(Duration duration) {
    return money::to_text(to_seconds(duration));
}

/// "used rounding minimum spin-down billable"
std::string times(const Charge& charge) {
    return seconds(charge.used) + " " + seconds(charge.rounding) + " " + seconds(charge.minimum) +
           " " + seconds(charge.spin_down) + " " + seconds(charge.billable);
}

std::string slices(const Charge& charge) {
    std::string text;
    for (const auto& slice : charge.slices)
        text += calendar::to_text(slice.period) + ":" + seconds(slice.billable) + " ";
    return text;
}

void expect_not_metered(const Charge& charge, Status status) {
    EXPECT_FALSE(charge.start);
    EXPECT_FALSE(charge.end);
    EXPECT_EQ(times(charge), "0 0 0 0 0");
    EXPECT_EQ(money::to_text(charge.gb_seconds.value()), "0");
    EXPECT_EQ(money::to_text(charge.amount.value().value()), "0");
    EXPECT_TRUE(charge.slices.empty());
    EXPECT_EQ(charge.status, status);
}

TEST(MeteringRule, RoundsUsedTimeUpOnce) {
    const std::pair<const char*, const char*> table[] = {
        {"2026-10-05T10:00:00Z", "0 0 60 0 60"},
        {"2026-10-05T10:00:00.000001Z", "0.000001 59.999999 0 0 60"},
        {"2026-10-05T10:00:59.999999Z", "59.999999 0.000001 0 0 60"},
        {"2026-10-05T10:01:00Z", "60 0 0 0 60"},
        {"2026-10-05T10:01:00.000001Z", "60.000001 59.999999 0 0 120"},
        {"2026-10-05T10:02:00Z", "120 0 0 0 120"},
    };
    for (const auto& [end, wanted] : table) EXPECT_EQ(times(rate(a_session().ended(end))), wanted);
}

TEST(MeteringRule, AppliesMinimumAfterRounding) {
    Plan plan = default_plan();
    plan.minimum = Duration::seconds(90);
    EXPECT_EQ(times(rate(a_session().ended("2026-10-05T10:00:10Z"), plan)), "10 50 30 0 90");
    EXPECT_EQ(times(rate(a_session().ended("2026-10-05T10:01:01Z"), plan)), "61 59 0 0 120");
    plan.increment = Duration::seconds(7);
    EXPECT_EQ(times(rate(a_session().ended("2026-10-05T10:01:30Z"), plan)), "90 1 0 0 91");
    plan.minimum = {};
    EXPECT_EQ(times(rate(a_session().ended("2026-10-05T10:00:00Z"), plan)), "0 0 0 0 0");
}

TEST(MeteringRule, ABillOfNothingHasNoSlices) {
    Plan plan = default_plan();
    plan.minimum = {};
    const Charge charge = rate(a_session().ended("2026-10-05T10:00:00Z"), plan);
    EXPECT_EQ(charge.status, Status::rated);
    EXPECT_EQ(charge.start, charge.end);
    EXPECT_TRUE(charge.slices.empty());
    EXPECT_EQ(money::to_text(charge.amount->value()), "0");
}

TEST(MeteringRule, CapsTheEndAtExpiryAndGrace) {
    const auto session = [] { return a_session().expires("2026-10-05T10:30:00Z"); };
    const std::pair<const char*, const char*> table[] = {
        {"2026-10-05T10:30:00Z", "1800 0 0 0 1800"},
        {"2026-10-05T10:30:00.000001Z", "1800.000001 59.999999 0 0.000001 1860"},
        {"2026-10-05T10:32:00Z", "1920 0 0 120 1920"},
        {"2026-10-05T10:32:00.000001Z", "1920 0 0 120 1920"},
        {"2027-10-05T10:32:00Z", "1920 0 0 120 1920"},
    };
    for (const auto& [end, wanted] : table) EXPECT_EQ(times(rate(session().ended(end))), wanted);
    Plan free = default_plan();
    free.spin_down = SpinDown::free;
    EXPECT_EQ(times(rate(session().ended("2026-10-05T10:31:00Z"), free)), "1800 0 0 0 1800");
}

TEST(MeteringRule, CapsAnOpenSessionToo) {
    const SessionFacts open = a_session().expires("2026-10-05T10:30:00Z");
    EXPECT_EQ(times(rate(open, default_plan(), "2026-10-05T10:31:00Z")), "1860 0 0 60 1860");
    EXPECT_EQ(times(rate(open, default_plan(), "2026-10-09T10:31:00Z")), "1920 0 0 120 1920");
    Plan free = default_plan();
    free.spin_down = SpinDown::free;
    EXPECT_EQ(times(rate(open, free, "2026-10-09T10:31:00Z")), "1800 0 0 0 1800");
    EXPECT_EQ(rate(open, free).status, Status::open);
}

TEST(MeteringRule, ARunInFlightHasNoCap) {
    EXPECT_EQ(times(rate(a_session(), default_plan(), "2026-10-06T10:00:00Z")),
              "86400 0 0 0 86400");
}

TEST(MeteringRule, NeverEndsBeforeItsStart) {
    Plan plan = default_plan();
    for (SpinDown spin_down : {SpinDown::billed, SpinDown::free}) {
        plan.spin_down = spin_down;
        const Charge charge =
            rate(a_session().expires("2026-10-05T09:00:00Z").ended("2026-10-05T10:05:00Z"), plan);
        EXPECT_EQ(charge.start, charge.end);
        EXPECT_EQ(times(charge), "0 0 60 0 60");
        const Charge gone = rate(a_session().expires("2026-10-05T09:00:00Z").gone(), plan);
        EXPECT_EQ(gone.end, gone.start);
    }
    // Expired before it ran, but within the grace: all of it is spin-down.
    const Charge charge =
        rate(a_session().expires("2026-10-05T09:59:00Z").ended("2026-10-05T10:05:00Z"));
    EXPECT_EQ(times(charge), "60 0 0 60 60");
}

TEST(MeteringRule, GoneWithoutAnEndIsEstimated) {
    const Charge expired = rate(a_session().expires("2026-10-05T10:30:00Z").gone());
    EXPECT_TRUE(expired.estimated);
    EXPECT_EQ(expired.end, at("2026-10-05T10:30:00Z"));
    EXPECT_EQ(expired.status, Status::rated);
    const Charge unknown = rate(a_session().gone());
    EXPECT_TRUE(unknown.estimated);
    EXPECT_EQ(times(unknown), "0 0 60 0 60");
    EXPECT_TRUE(rate(a_session().ended("2026-10-05T10:30:00Z").estimated()).estimated);
    EXPECT_FALSE(rate(a_session().ended("2026-10-05T10:30:00Z")).estimated);
}

TEST(MeteringRule, ABootIsFreeUnlessThePlanBillsIt) {
    const SessionFacts failed = a_session().never_ran().ended("2026-10-05T10:05:00Z", "failed");
    const SessionFacts booting = a_session().never_ran();
    Plan plan = default_plan();
    expect_not_metered(rate(failed, plan), Status::free);
    expect_not_metered(rate(booting, plan), Status::open);
    plan.failed_boot = FailedBoot::billed;  // of no use while the meter starts at running
    expect_not_metered(rate(failed, plan), Status::free);
    plan.starts_at = StartsAt::load;
    EXPECT_EQ(times(rate(failed, plan)), "300 0 0 0 300");
    EXPECT_EQ(times(rate(booting, plan, "2026-10-05T10:02:00Z")), "120 0 0 0 120");
    plan.failed_boot = FailedBoot::free;  // then it is metered until it turns out to have failed
    EXPECT_EQ(times(rate(booting, plan, "2026-10-05T10:02:00Z")), "120 0 0 0 120");
    expect_not_metered(rate(failed, plan), Status::free);
}

TEST(MeteringRule, StartsAtLoadWhereThePlanSaysSo) {
    Plan plan = default_plan();
    plan.starts_at = StartsAt::load;
    const SessionFacts session =
        a_session().running("2026-10-05T10:05:00Z").ended("2026-10-05T10:10:00Z");
    EXPECT_EQ(times(rate(session, plan)), "600 0 0 0 600");
    EXPECT_EQ(times(rate(session)), "300 0 0 0 300");
    SessionFacts unknown_load = session;
    unknown_load.loaded_at.reset();
    expect_not_metered(rate(unknown_load, plan), Status::free);
}

TEST(MeteringRule, AnOpenSessionIsMeteredFromTheAsOfOn) {
    expect_not_metered(rate(a_session(), default_plan(), "2026-10-05T09:59:59.999999Z"),
                       Status::open);
    EXPECT_EQ(times(rate(a_session(), default_plan(), "2026-10-05T10:00:00Z")), "0 0 60 0 60");
    // For an ended one it means nothing.
    EXPECT_EQ(times(rate(a_session().ended("2026-10-05T10:02:00Z"), default_plan(),
                         "2020-01-01T00:00:00Z")),
              "120 0 0 0 120");
}

TEST(MeteringRule, WithoutGbThereIsNoPriceAndNoGuess) {
    const Charge charge = rate(a_session().unpriced().ended("2026-11-02T10:00:00Z"));
    EXPECT_EQ(charge.status, Status::unpriced);
    EXPECT_FALSE(charge.gb_seconds);
    EXPECT_FALSE(charge.amount);
    ASSERT_EQ(charge.slices.size(), 2u);
    for (const auto& slice : charge.slices) EXPECT_FALSE(slice.gb_seconds || slice.amount);
    EXPECT_EQ(rate(a_session().unpriced()).status, Status::unpriced);
    expect_not_metered(rate(a_session().unpriced().never_ran()), Status::open);
}

TEST(MeteringRule, PricesReplicasExactly) {
    const SessionFacts session =
        a_session().gb("30.93").concurrency(3).ended("2026-10-05T10:10:00Z");
    EXPECT_EQ(money::to_text(rate(session).gb_seconds.value()), "55674");
    EXPECT_EQ(money::to_text(rate(session).amount->value()), "0.9279018558");
    Plan plan = default_plan();
    plan.per_replica = false;
    EXPECT_EQ(money::to_text(rate(session, plan).gb_seconds.value()), "18558");
}

TEST(MeteringRule, HoldsAtItsLimits) {
    Plan plan = default_plan();
    plan.rate_per_gb_second = decimal("999999999.999999999999999999999999999999");
    plan.increment = Duration::seconds(1'000'000'000'000);
    const Charge charge = rate(a_session()
                                   .gb("999999999.999999999999999999")
                                   .concurrency(concurrency_limit)
                                   .loaded("0000-01-01T00:00:00Z")
                                   .running("0000-01-01T00:00:00Z")
                                   .ended("9999-12-31T23:59:59.999999Z"),
                               plan);
    EXPECT_EQ(seconds(charge.used), "315569519999.999999");
    EXPECT_EQ(seconds(charge.billable), "1000000000000");
    EXPECT_EQ(charge.slices.size(), 120'000u);
    EXPECT_EQ(money::to_text(charge.gb_seconds.value()), "999999999999999999999999999");
}

TEST(MeteringRule, CutsAtMonthStartsStrictlyInside) {
    const auto session = [](const char* start, const char* end) {
        return a_session().loaded(start).running(start).ended(end);
    };
    EXPECT_EQ(slices(rate(session("2026-10-31T23:58:30Z", "2026-11-01T00:00:00Z"))),
              "2026-10:120 ");
    EXPECT_EQ(slices(rate(session("2026-11-01T00:00:00Z", "2026-11-01T00:00:01Z"))), "2026-11:60 ");
    EXPECT_EQ(slices(rate(session("2026-10-31T23:59:59.999999Z", "2026-11-01T00:00:00.000001Z"))),
              "2026-10:0.000001 2026-11:59.999999 ");
    EXPECT_EQ(slices(rate(session("2026-10-31T23:59:30.500Z", "2026-11-01T00:00:45.250Z"))),
              "2026-10:29.5 2026-11:90.5 ");
}

TEST(MeteringRule, CutsInTheZoneOfTheAccount) {
    const auto cut = [](const char* zone, const char* start, const char* end) {
        return slices(rate(a_session().loaded(start).running(start).ended(end), default_plan(),
                           "2026-10-05T12:00:00Z", calendar::find_zone(zone).value()));
    };
    // Kolkata's October begins at 18:30 the day before.
    EXPECT_EQ(cut("Asia/Kolkata", "2026-09-30T18:00:00Z", "2026-09-30T19:00:00Z"),
              "2026-09:1800 2026-10:1800 ");
    // Asuncion skipped October's first midnight: 2023-09-30 24:00 read 01:00.
    EXPECT_EQ(cut("America/Asuncion", "2023-10-01T03:00:00Z", "2023-10-01T05:00:00Z"),
              "2023-09:3600 2023-10:3600 ");
    // Havana's clock went from 2026-11-01 01:00 back to 00:00: November begins at the first.
    EXPECT_EQ(cut("America/Havana", "2026-11-01T03:00:00Z", "2026-11-01T05:30:00Z"),
              "2026-10:3600 2026-11:5400 ");
}

TEST(MeteringRule, DaysAreCutAlikeAndSumToMonths) {
    std::mt19937_64 random(20240601);
    const Zone zones[] = {Zone::utc(), calendar::find_zone("Pacific/Apia").value(),
                          calendar::find_zone("America/Sao_Paulo").value(),
                          calendar::find_zone("America/New_York").value()};
    for (int round = 0; round < 500; ++round) {
        SessionFacts facts = a_session().gb("2.232933128273094").ended("2026-10-05T10:00:00Z");
        const Instant start = at("2011-11-20T00:00:00Z") +
                              Duration{static_cast<std::int64_t>(random() % 90'000'000'000'000)};
        facts.loaded_at = facts.running_at = start;
        facts.ended_at = start + Duration{static_cast<std::int64_t>(random() % 9'000'000'000'000)};
        const Zone& zone = zones[random() % std::size(zones)];
        const Charge charge = rate(facts, default_plan(), "2026-10-05T12:00:00Z", zone);
        std::map<calendar::Month, Duration> by_month;
        money::Decimal amount;
        for (const DaySlice& day : cut_into_days(charge, facts, default_plan(), zone)) {
            EXPECT_GT(day.billable, Duration{});
            by_month[day.period.in_month()] = by_month[day.period.in_month()] + day.billable;
            amount += day.amount->value();
        }
        EXPECT_EQ(amount, charge.amount->value());
        ASSERT_EQ(by_month.size(), charge.slices.size());
        money::Decimal months;
        for (const MonthSlice& month : charge.slices) {
            EXPECT_EQ(by_month.at(month.period), month.billable);
            months += month.amount->value();
        }
        EXPECT_EQ(months, charge.amount->value());
        EXPECT_EQ((charge.used + charge.rounding + charge.minimum), charge.billable);
    }
}

TEST(MeteringRule, ADayThatAZoneSkippedIsNotBilled) {
    // Samoa went from 2011-12-29 24:00 to 2011-12-31 00:00.
    SessionFacts facts = a_session()
                             .loaded("2011-12-30T09:00:00Z")
                             .running("2011-12-30T09:00:00Z")
                             .ended("2011-12-30T11:00:00Z");
    const Zone apia = calendar::find_zone("Pacific/Apia").value();
    const Charge charge = rate(facts, default_plan(), "2026-10-05T12:00:00Z", apia);
    const auto days = cut_into_days(charge, facts, default_plan(), apia);
    ASSERT_EQ(days.size(), 2u);
    EXPECT_EQ(calendar::to_text(days[0].period), "2011-12-29");
    EXPECT_EQ(calendar::to_text(days[1].period), "2011-12-31");
    EXPECT_EQ(seconds(days[0].billable), "3600");
}

TEST(MeteringRule, RefusesFactsThatContradictThemselves) {
    const SessionFacts table[] = {
        a_session().running("2026-10-05T09:59:59Z"),
        a_session().ended("2026-10-05T09:59:59Z"),
        a_session().never_ran().ended("2026-10-05T09:59:59Z"),
        a_session().running("2026-10-05T10:01:00Z").ended("2026-10-05T10:00:30Z"),
    };
    for (const SessionFacts& facts : table) {
        EXPECT_FALSE(find_fault(facts, true).empty());
        EXPECT_THROW((void)rate(facts), std::invalid_argument);
    }
    SessionFacts no_reason = a_session().ended("2026-10-05T11:00:00Z");
    no_reason.end_reason.reset();
    EXPECT_EQ(find_fault(no_reason, true), "ended_at without end_reason");
    EXPECT_FALSE(find_fault(a_session(), false).empty());
    EXPECT_TRUE(find_fault(a_session(), true).empty());
}

}  // namespace
}  // namespace metering
