#include "reports/daily_cost.h"

#include "invoicing/builders.h"
#include "invoicing/slice_parts.h"
#include "metering/builders.h"

namespace reports {
namespace {

using builders::Row;
using money::Decimal;

calendar::Zone zone_of(std::string_view name) {
    return calendar::find_zone(name).value();
}

Decimal sum_of(const DailyCost& cost) {
    Decimal sum = cost.elsewhere;
    for (const DayCost& day : cost.days) sum += day.amount;
    return sum;
}

// The session's part of October as the ledger charges it.
invoicing::ChargeRow charge_of(const metering::SessionFacts& facts, const calendar::Zone& zone) {
    const metering::Charge charge =
        metering::rate_session(facts, metering::default_plan(), zone, {});
    for (const auto& parts : invoicing::split(charge, charge.slices, zone)) {
        if (parts.period != "2026-10") continue;
        Row row("s");
        row.row.gb = to_text(*facts.gb);
        row.row.concurrency = facts.concurrency;
        row.row.start = parts.start;
        row.row.end = parts.end;
        row.row.used = metering::to_seconds(parts.used);
        row.row.rounding = metering::to_seconds(parts.rounding);
        row.row.minimum = metering::to_seconds(parts.minimum);
        row.row.billable = metering::to_seconds(parts.billable);
        row.row.gb_seconds = parts.gb_seconds;
        row.row.amount = parts.amount->value();
        return row;
    }
    throw std::logic_error("nothing of October");
}

TEST(DailyCost, CutsAsUsageByDayCuts) {
    const auto facts = metering::a_session()
                           .gb("0.125133514404296875")
                           .concurrency(3)
                           .loaded("2026-09-29T10:00:00Z")
                           .running("2026-09-29T10:00:00.000001Z")
                           .ended("2026-11-02T01:02:03.4Z");
    for (const char* name : {"UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"}) {
        const calendar::Zone zone = zone_of(name);
        const DailyCost cost = daily_cost(builders::draft({charge_of(facts, zone)}).invoice, zone);
        const auto charge = metering::rate_session(facts, metering::default_plan(), zone, {});
        std::size_t compared = 0;
        for (const auto& slice :
             metering::cut_into_days(charge, facts, metering::default_plan(), zone)) {
            if (slice.period.in_month() != calendar::Month{2026, 10}) continue;
            const DayCost& day = cost.days.at(compared++);
            EXPECT_EQ(day.day, slice.period) << name;
            EXPECT_EQ(to_text(day.amount), to_text(slice.amount->value())) << name;
        }
        EXPECT_EQ(compared, 31u) << name;
        EXPECT_TRUE(cost.elsewhere.is_zero()) << name;
    }
}

TEST(DailyCost, TheLastDayCarriesRoundingAndMinimum) {
    const auto facts = metering::a_session()
                           .loaded("2026-10-05T23:59:00Z")
                           .running("2026-10-05T23:59:59Z")
                           .ended("2026-10-06T00:00:00.5Z");
    const calendar::Zone zone = calendar::Zone::utc();
    const DailyCost cost = daily_cost(builders::draft({charge_of(facts, zone)}).invoice, zone);
    EXPECT_EQ(to_text(cost.days.at(4).amount), "0.0000166667");
    EXPECT_EQ(to_text(cost.days.at(5).amount), "0.0009833353");  // 59 s
}

TEST(DailyCost, WhatNoDayOfTheMonthCarriesIsElsewhere) {
    auto input = builders::input({Row("a"), Row("b").period("2026-09"), Row("c").seconds("120")});
    input.corrections = {
        {.reference = "r", .amount = money::Payable::parse("-7", input.currency).value()}};
    const invoicing::Invoice invoice = make_draft(input, builders::fake_digest).invoice;
    const DailyCost cost = daily_cost(invoice, zone_of("Asia/Kolkata"));
    EXPECT_EQ(to_text(cost.elsewhere), "-6.999499999");
    EXPECT_EQ(sum_of(cost), invoice.total_exact.value());
}

TEST(DailyCost, AnAmountThatIsNoProductIsOfTheFirstDay) {
    Row row("a");
    row.row.end = calendar::parse_instant("2026-10-08T10:00:00Z");
    row.row.gb = "unknown";
    const invoicing::Invoice invoice = builders::draft({row}).invoice;
    const DailyCost cost = daily_cost(invoice, calendar::Zone::utc());
    EXPECT_EQ(cost.days.at(4).amount, invoice.total_exact.value());
    EXPECT_TRUE(cost.elsewhere.is_zero());
}

TEST(DailyCost, AnEmptyInvoiceHasItsDaysAndNoCost) {
    const DailyCost cost = daily_cost(builders::draft({}).invoice, calendar::Zone::utc());
    EXPECT_EQ(cost.days.size(), 31u);
    EXPECT_TRUE(cost.is_zero());
    auto input = builders::input({});
    input.month = "October";
    EXPECT_THROW(
        daily_cost(make_draft(input, builders::fake_digest).invoice, calendar::Zone::utc()),
        std::invalid_argument);
}

}  // namespace
}  // namespace reports
