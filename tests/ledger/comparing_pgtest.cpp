// A month priced twice: under a draft plan, and under what the upstream charges.
#include "ledger/comparing.h"

#include <gmock/gmock.h>

#include "ledger/usage.h"
#include "reports/comparison_report.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using calendar::Month;
using invoicing::Comparison;
using invoicing::ComparisonBy;
using testing::HasSubstr;
using testing::StartsWith;

class Comparing : public MeteredBooks {
  protected:
    metering::Plan draft(const std::string& rate, const std::string& currency = "USD") {
        return std::get<metering::Plan>(metering::parse_plan(plan("draft", rate, currency)));
    }
    Comparison diff(const metering::Plan& other, Month month = {2026, 10}) {
        return compare_with_draft(store_, {.month = month}, other, at("2026-12-01T00:00:00Z"));
    }
    Comparison margin(ComparisonBy by = ComparisonBy::account) {
        return compare_with_cost(store_, {.month = {2026, 10}, .by = by},
                                 at("2026-12-01T00:00:00Z"));
    }
    static std::string csv(const Comparison& comparison,
                           const reports::ComparisonWords& words = reports::plan_words) {
        const std::string text = reports::comparison_csv(comparison, words);
        return text.substr(text.find("\r\n") + 2);
    }
    void make_euro_account() {
        add_plan(store_, plan("e", "0.004", "EUR"));
        const auto euro = create_account(store_, {.name = "euro", .currency = "EUR"});
        assign_plan(store_, "euro", "e", start_ - Duration::seconds(86'400));
        ask("INSERT INTO keys (fingerprint, account_id, managed) VALUES ('" + key("ee").text() +
            "', '" + euro.id.text() + "', true)");
        const auto facts = life(start_ + Duration::seconds(100'000), 60);
        ship({loaded(facts[0].occurred_at, key("ee"), "1"),
              seen_running(facts[0].occurred_at + Duration::seconds(1), facts[0].occurred_at,
                           facts[0].occurred_at, key("ee")),
              deleted(facts[2].occurred_at, key("ee"))});
    }
};

TEST_F(Comparing, ADraftIsHeldAgainstEachAccountsMonthToTheLastDigitAndNothingIsWritten) {
    ship(life(start_, 600));
    ship(life(at("2026-10-31T23:50:00Z"), 1'500));  // ten minutes of it in October
    const auto tables = [&] {
        return ask(
            "SELECT (SELECT count(*) FROM plans) || ' ' || (SELECT count(*) FROM charges) "
            "|| ' ' || (SELECT count(*) FROM pending_instances) || ' ' || (SELECT count(*) "
            "FROM sessions) || ' ' || (SELECT count(*) FROM facts)");
    };
    const std::string before = tables();
    const std::string name = account().name;
    EXPECT_EQ(csv(diff(draft("0.0010000000000000001"))),
              "2026-10," + name + ",2,0,0,USD,1.2,USD,1.20000000000000012,0.00000000000000012\r\n");
    EXPECT_EQ(csv(diff(draft("0.0005"), {2026, 11})),
              "2026-11," + name + ",1,0,0,USD,0.9,USD,0.45,-0.45\r\n");
    EXPECT_EQ(csv(diff(draft("0.0005"), {2026, 9})), "");
    EXPECT_EQ(tables(), before);
}

TEST_F(Comparing, TheOldSideIsWhatUsageSays) {
    ship(life(start_, 601));
    ship(life(at("2026-10-31T23:50:00Z"), 1'234));
    const auto usage = read_usage(store_, {account()}, {2026, 10}, invoicing::UsageBy::account,
                                  at("2026-12-01T00:00:00Z"));
    const Comparison comparison = diff(draft("1"));
    EXPECT_EQ(comparison.totals.at(0).first.amount, usage.total.amount);
    EXPECT_EQ(comparison.totals.at(0).second.amount, usage.total.gb_seconds);
}

TEST_F(Comparing, CurrenciesAreNeverAddedNorSubtracted) {
    ship(life(start_, 600));
    make_euro_account();
    const std::string name =
        account().name == "euro" ? list_accounts(store_, false).at(1).name : account().name;
    const Comparison comparison = diff(draft("0.002"));
    EXPECT_EQ(comparison.totals.size(), 2u);
    EXPECT_THAT(csv(comparison), HasSubstr("euro,1,0,0,EUR,0.24,USD,0.12,\r\n"));
    EXPECT_THAT(csv(comparison), HasSubstr(name + ",1,0,0,USD,0.6,USD,1.2,0.6\r\n"));
    const std::string json = reports::comparison_json(comparison, reports::plan_words);
    EXPECT_THAT(json, HasSubstr(R"("difference": null)"));
    EXPECT_THAT(json, HasSubstr(R"("difference": "0.6")"));
    const std::string table = reports::comparison_table(comparison, reports::plan_words);
    EXPECT_THAT(table, HasSubstr("TOTAL"));
}

TEST_F(Comparing, WhatHasNoPriceIsCountedAndNotAdded) {
    ship(life(start_, 600));
    ship(life(start_ + Duration::seconds(7'200), 600, std::nullopt));
    const std::string name = account().name;
    EXPECT_EQ(csv(diff(draft("0.002"))), "2026-10," + name + ",2,1,1,USD,0.6,USD,1.2,0.6\r\n");
}

TEST_F(Comparing, AMarginIsRevenueLessTheCostInForceAtEachLoad) {
    ship(life(start_, 600));
    ship(life(start_ + Duration::seconds(7'200), 600));
    EXPECT_THROW(margin(), Refused);
    EXPECT_THROW(set_cost_plan(store_, "c", std::nullopt), Refused);
    add_plan(store_, plan("c", "0.0004"));
    add_plan(store_, plan("d", "0.0015"));
    set_cost_plan(store_, "d", std::nullopt);
    set_cost_plan(store_, "c", std::nullopt);  // of one instant the last counts
    const std::string name = account().name;
    EXPECT_EQ(csv(margin(), reports::margin_words),
              "2026-10," + name + ",2,0,0,USD,1.2,USD,0.48,0.72\r\n");
    set_cost_plan(store_, "d", start_ + Duration::seconds(7'200));  // the second load's instant
    EXPECT_EQ(csv(margin(), reports::margin_words),
              "2026-10," + name + ",2,0,0,USD,1.2,USD,1.14,0.06\r\n");
    EXPECT_THAT(csv(margin(ComparisonBy::model), reports::margin_words),
                StartsWith("2026-10," + test_model.text() + ",2,"));
    EXPECT_EQ(ask("SELECT string_agg(DISTINCT plan, ',') FROM charges"), "p");
}

}  // namespace
}  // namespace ledger
