#include "invoicing/draft.h"

#include "invoicing/builders.h"

namespace invoicing {
namespace {

using builders::decimal;
using builders::draft;
using builders::Row;
using testing::HasSubstr;

struct RoundingCase {
    std::string name;
    std::string currency;
    std::string rate;     // of plan "dear", per GB-second
    std::string seconds;  // at 1 GB
    std::string exact;
    std::string payable;
};

class LineRounding : public testing::TestWithParam<RoundingCase> {};

TEST_P(LineRounding, IsHalfUpAwayFromZeroInMinorUnits) {
    const RoundingCase& c = GetParam();
    DraftInput input = builders::input(
        {Row("a").plan("dear").in_currency(c.currency).seconds(c.seconds).priced("1", c.rate)});
    input.currency = builders::currency(c.currency);
    input.unit_prices["dear"] = decimal(c.rate);
    const Draft result = make_draft(input, builders::fake_digest);
    ASSERT_EQ(result.invoice.lines.size(), 1u);
    EXPECT_TRUE(result.obstacles.empty());
    EXPECT_EQ(to_text(result.invoice.lines[0].amount.value()), c.exact);
    EXPECT_EQ(to_text(result.invoice.lines[0].payable), c.payable);
    EXPECT_EQ(to_text(result.invoice.total), c.payable);
    EXPECT_EQ(to_text(result.invoice.total_exact.value()), c.exact);
}

INSTANTIATE_TEST_SUITE_P(
    Table, LineRounding,
    testing::Values(RoundingCase{"down", "USD", "0.0001", "60", "0.006", "0.01"},
                    RoundingCase{"half", "USD", "0.0001", "50", "0.005", "0.01"},
                    RoundingCase{"below_half", "USD", "0.00009999", "50", "0.0049995", "0.00"},
                    RoundingCase{"negative_half", "USD", "0.0001", "-50", "-0.005", "-0.01"},
                    RoundingCase{"negative_below", "USD", "0.0001", "-49", "-0.0049", "0.00"},
                    RoundingCase{"yen", "JPY", "0.01", "50", "0.5", "1"},
                    RoundingCase{"dinar", "KWD", "0.00001", "50", "0.0005", "0.001"},
                    RoundingCase{"even", "USD", "0.02", "60", "1.2", "1.20"}),
    [](const auto& test) { return test.param.name; });

TEST(Draft, GroupsByModelAndPlanAndSumsEveryPart) {
    const Draft result = draft({Row("b").model("z/model"), Row("a"), Row("c").seconds("120"),
                                Row("d").plan("dear").priced("0.5", "1")});
    ASSERT_TRUE(result.obstacles.empty());
    const auto& lines = result.invoice.lines;
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0].model.text(), "openai-community/gpt2");
    EXPECT_EQ(lines[0].plan, "bytez-2024-06");
    EXPECT_EQ(lines[0].instances, 2);
    EXPECT_EQ(lines[0].runs, 2);
    EXPECT_EQ(to_text(lines[0].used), "179");
    EXPECT_EQ(to_text(lines[0].rounding), "1");
    EXPECT_EQ(to_text(lines[0].billable), "180");
    EXPECT_EQ(to_text(lines[0].gb_seconds), "90");
    EXPECT_EQ(to_text(lines[0].amount.value()), "0.001500003");
    EXPECT_EQ(lines[1].plan, "dear");
    EXPECT_EQ(lines[2].model.text(), "z/model");
    EXPECT_EQ(to_text(result.invoice.total_exact.value()), "30.002000004");
}

TEST(Draft, TotalIsTheSumOfTheRoundedLines) {
    // Two lines of 0.005 are 0.01 each; their exact sum is 0.01.
    const Draft result =
        draft({Row("a").plan("dear").seconds("50").priced("0.0001", "1"),
               Row("b").plan("dear").model("m").seconds("50").priced("0.0001", "1")});
    EXPECT_EQ(to_text(result.invoice.total), "0.02");
    EXPECT_EQ(to_text(result.invoice.total_exact.value()), "0.01");
}

TEST(Draft, DoesNotDependOnTheOrderOfRows) {
    const std::vector<ChargeRow> rows = {Row("a"), Row("b").model("m"), Row("c").seconds("120")};
    const std::vector<ChargeRow> other = {rows[2], rows[0], rows[1]};
    EXPECT_EQ(draft(rows).invoice.digest, draft(other).invoice.digest);
}

TEST(Draft, RevisionsOfASessionThatAreInvoicedTogetherAreOneEntry) {
    const Draft result =
        draft({Row("a"), Row("a").revision(2).seconds("60").negated(), Row("a").revision(3)});
    ASSERT_EQ(result.invoice.sessions.size(), 1u);
    EXPECT_EQ(to_text(result.invoice.sessions[0].billable), "60");
    EXPECT_EQ(result.invoice.lines[0].instances, 1);
}

TEST(Draft, AnEarlierPeriodIsALineOfItsOwnAfterTheUsage) {
    const Draft result = draft({Row("old").period("2026-08"), Row("new")});
    const auto& lines = result.invoice.lines;
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].kind, LineKind::usage);
    EXPECT_FALSE(lines[0].invoiced_before);
    EXPECT_EQ(lines[1].kind, LineKind::adjustment);
    EXPECT_EQ(lines[1].period, "2026-08");
    EXPECT_EQ(to_text(lines[1].invoiced_before.value()), "0");
}

TEST(Draft, WhatComesAfterThePeriodsInvoiceIsAnAdjustmentThatShowsWhatWasCharged) {
    DraftInput input = builders::input({Row("late")});
    input.invoiced = {{.model = lifecycle::ModelName("openai-community/gpt2"),
                       .plan = "bytez-2024-06",
                       .period = "2026-10",
                       .amount = decimal("3.5")}};
    const Draft result = make_draft(input, builders::fake_digest);
    ASSERT_EQ(result.invoice.lines.size(), 1u);
    EXPECT_EQ(result.invoice.lines[0].kind, LineKind::adjustment);
    EXPECT_EQ(to_text(result.invoice.lines[0].invoiced_before.value()), "3.5");
}

TEST(Draft, AnAdjustmentOfManySessionsGivesTheFirstReasonsAndTheRestInTheAppendix) {
    std::vector<ChargeRow> rows;
    for (const char* name : {"a", "b", "c", "d", "e"}) {
        rows.push_back(Row(name).period("2026-09").revision(2).corrects("TG-1", "1", name));
    }
    rows.push_back(Row("f").period("2026-09").revision(2).corrects("TG-1", "1", "a"));
    const Draft result = draft(rows);
    ASSERT_EQ(result.invoice.lines.size(), 1u);
    EXPECT_THAT(result.invoice.lines[0].reasons,
                testing::ElementsAre(testing::StartsWith("a ["), testing::StartsWith("b ["),
                                     testing::StartsWith("c ["), "more: see the sessions"));
    for (const SessionEntry& entry : result.invoice.sessions) EXPECT_FALSE(entry.reason.empty());
}

TEST(Draft, ATotalMayBeNegative) {
    const Draft result =
        draft({Row("a").period("2026-09").plan("dear").priced("1", "1").negated(), Row("b")});
    EXPECT_TRUE(result.obstacles.empty());
    EXPECT_EQ(to_text(result.invoice.total), "-60.00");
}

TEST(Draft, WhatWasChargedAndChargedBackBeforeAnyInvoiceIsNotShown) {
    const Draft result =
        draft({Row("a").without_runs(), Row("a").without_runs().revision(2).negated(),
               Row("a").revision(3).plan("dear").priced("0.5", "1")});
    ASSERT_EQ(result.invoice.lines.size(), 1u);
    EXPECT_EQ(result.invoice.lines[0].plan, "dear");
}

TEST(Draft, AnUnpricedSessionStandsInTheWayByName) {
    const Draft result = draft({Row("a"), Row("nameless").unpriced()});
    ASSERT_EQ(result.obstacles.size(), 1u);
    EXPECT_THAT(result.obstacles[0].reason, HasSubstr("nameless"));
    EXPECT_THAT(result.obstacles[0].reason, HasSubstr("openai-community/gpt2"));
    EXPECT_FALSE(result.invoice.sessions[1].amount);
}

TEST(Draft, ASessionPricedByALaterRevisionDoesNotStandInTheWay) {
    const Draft result = draft({Row("a").unpriced(), Row("a").revision(2)});
    EXPECT_TRUE(result.obstacles.empty());
    EXPECT_EQ(to_text(result.invoice.lines[0].gb_seconds), "30");
}

TEST(Draft, AChargeInAnotherCurrencyStandsInTheWay) {
    EXPECT_THAT(draft({Row("a").in_currency("EUR")}).obstacles.at(0).reason, HasSubstr("EUR"));
}

TEST(Draft, ALineThatMultiplicationDoesNotConfirmStandsInTheWay) {
    ChargeRow wrong = Row("a");
    wrong.amount = *wrong.amount + decimal("0.000000001");
    EXPECT_THAT(draft({wrong}).obstacles.at(0).reason, HasSubstr("0.000500002"));
}

TEST(Draft, AnUnknownPlanStandsInTheWay) {
    EXPECT_THAT(draft({Row("a").plan("gone")}).obstacles.at(0).reason, HasSubstr("gone"));
}

TEST(Draft, RefusesALaterPeriod) {
    EXPECT_THROW(draft({Row("a").period("2026-11")}), std::invalid_argument);
}

}  // namespace
}  // namespace invoicing
