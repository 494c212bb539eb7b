#include "invoicing/burn.h"

#include <gmock/gmock.h>

#include "invoicing/builders.h"

namespace invoicing {
namespace {

using builders::decimal;
using calendar::Duration;
using calendar::Instant;
using testing::ElementsAre;

const Instant load = calendar::parse_instant("2026-10-05T10:00:00Z").value();

metering::SessionFacts running() {
    return {.session = "s",
            .account = "a",
            .model = "m",
            .gb = decimal("0.5"),
            .concurrency = 3,
            .loaded_at = load,
            .running_at = load + Duration::seconds(60),
            .expires_at = load + Duration::seconds(1'860),
            .ended_at = {},
            .end_reason = {}};
}

metering::Plan plan() {
    return {.name = "p",
            .currency = builders::currency("USD"),
            .rate_per_gb_second = decimal("0.01"),
            .minimum = Duration::seconds(60),
            .increment = Duration::seconds(60),
            .shutdown_grace = Duration::seconds(120)};
}

BurnRow row_at(const metering::SessionFacts& facts, const metering::Plan& by, Instant now,
               const money::Decimal& charged = {}) {
    BurnRow row{.account = "a", .currency = "USD", .month = "2026-10"};
    add_open_session(row, facts, by, calendar::Zone::utc(), now, charged);
    return row;
}

TEST(Burn, OfAnHourIsThePriceOf3600Seconds) {
    const BurnRow row = row_at(running(), plan(), load + Duration::seconds(150));
    EXPECT_EQ(row.open, 1);
    EXPECT_EQ(row.metered, 1);
    EXPECT_EQ(row.an_hour, decimal("54"));          // 0.5 GB × 3 × 0.01 × 3600
    EXPECT_EQ(row.month_to_date, decimal("1.80"));  // 90 s used, 120 billed
    EXPECT_FALSE(row.is_idle());
}

TEST(Burn, ReplicasCountWhereThePlanCountsThem) {
    metering::Plan by = plan();
    by.per_replica = false;
    EXPECT_EQ(row_at(running(), by, load + Duration::seconds(150)).an_hour, decimal("18"));
}

TEST(Burn, ABootingInstanceCostsNothingUnlessThePlanBillsFromTheLoad) {
    metering::SessionFacts booting = running();
    booting.running_at.reset();
    booting.expires_at.reset();
    const Instant now = load + Duration::seconds(30);
    EXPECT_EQ(row_at(booting, plan(), now).open, 1);
    EXPECT_EQ(row_at(booting, plan(), now).metered, 0);
    EXPECT_TRUE(row_at(booting, plan(), now).an_hour.is_zero());
    metering::Plan by = plan();
    by.starts_at = metering::StartsAt::load;
    EXPECT_EQ(row_at(booting, by, now).an_hour, decimal("54"));
}

TEST(Burn, EndsWithTheGraceAfterTheExpiry) {
    const Instant expiry = *running().expires_at;
    EXPECT_EQ(row_at(running(), plan(), expiry + Duration::seconds(120)).metered, 1);
    const BurnRow row = row_at(running(), plan(), expiry + Duration::seconds(121));
    EXPECT_EQ(row.metered, 0);
    EXPECT_EQ(row.open, 1);
    EXPECT_TRUE(row.an_hour.is_zero());
    EXPECT_EQ(row.month_to_date, decimal("28.8"));  // 1,920 s
}

TEST(Burn, WhatChargesHoldIsNotCountedAgain) {
    EXPECT_EQ(
        row_at(running(), plan(), load + Duration::seconds(150), decimal("1.5")).month_to_date,
        decimal("0.3"));
}

TEST(Burn, OfAnotherMonthIsNotThisMonths) {
    const Instant now = calendar::parse_instant("2026-11-01T00:00:30Z").value();
    metering::SessionFacts facts = running();
    facts.running_at = now - Duration::seconds(90);
    facts.expires_at.reset();
    EXPECT_EQ(row_at(facts, plan(), now).month_to_date, decimal("0.90"));  // 60 of 120 s
}

TEST(Burn, OfAModelWithoutGbIsUnknown) {
    metering::SessionFacts facts = running();
    facts.gb.reset();
    const BurnRow row = row_at(facts, plan(), load + Duration::seconds(150));
    EXPECT_EQ(row.unpriced, 1);
    EXPECT_EQ(row.metered, 0);
}

TEST(Burn, RowsAreSortedByWhatTheyBurn) {
    Burn burn{.rows = {{.account = "idle", .currency = "USD"},
                       {.account = "some", .currency = "USD", .an_hour = decimal("2")},
                       {.account = "most", .currency = "USD", .an_hour = decimal("10")},
                       {.account = "spent", .currency = "USD", .month_to_date = decimal("1")},
                       {.account = "euro", .currency = "EUR"}}};
    sort_rows(burn);
    std::vector<std::string> names;
    for (const BurnRow& row : burn.rows) names.push_back(row.account);
    EXPECT_THAT(names, ElementsAre("euro", "most", "some", "spent", "idle"));
}

}  // namespace
}  // namespace invoicing
