#include "reports/usage_report.h"

#include <nlohmann/json.hpp>

#include "invoicing/builders.h"

namespace reports {
namespace {

using builders::decimal;
using invoicing::Usage;
using invoicing::UsageBy;
using invoicing::UsageEntry;
using testing::HasSubstr;

UsageEntry entry(const std::string& account, const std::string& session, const std::string& model,
                 const std::string& day) {
    return {.account_id = lifecycle::AccountId("acc_" + account),
            .account = account,
            .timezone = account == "far" ? "Asia/Tokyo" : "UTC",
            .session = lifecycle::SessionId(session),
            .model = lifecycle::ModelName(model),
            .key = lifecycle::KeyFingerprint("k" + session),
            .day = day,
            .open = session == "s3",
            .inferences = 2,
            .used = decimal("59.5"),
            .rounding = decimal("0.5"),
            .billable = decimal("60"),
            .gb_seconds = decimal("30"),
            .amount = decimal("0.000500001")};
}

Usage tally(UsageBy by, const std::vector<UsageEntry>& entries) {
    invoicing::UsageTally result(by, "2026-10", builders::currency("USD"),
                                 *calendar::parse_instant("2026-10-07T00:00:00Z"));
    for (const UsageEntry& one : entries) result.add(one);
    return result.finish();
}

std::vector<UsageEntry> some() {
    return {entry("b", "s1", "m", "2026-10-05"), entry("b", "s1", "m", "2026-10-06"),
            entry("b", "s2", "n", "2026-10-05"), entry("a", "s3", "m", "2026-10-05")};
}

TEST(UsageReport, GroupsAndSumsToTheSameTotalWhateverItIsBy) {
    struct Case {
        UsageBy by;
        std::size_t rows;
    };
    for (const Case& c : {Case{UsageBy::account, 2}, Case{UsageBy::model, 3}, Case{UsageBy::key, 3},
                          Case{UsageBy::day, 3}}) {
        const Usage usage = tally(c.by, some());
        EXPECT_EQ(usage.rows.size(), c.rows);
        EXPECT_EQ(usage.total.sessions, 3);
        EXPECT_EQ(usage.total.open_sessions, 1);
        EXPECT_EQ(to_text(usage.total.amount), "0.002000004");
        money::Decimal sum;
        for (const auto& row : usage.rows) sum += row.sums.amount;
        EXPECT_EQ(sum, usage.total.amount);
    }
}

TEST(UsageReport, JsonHasTheShapeOfTheContract) {
    const auto json = nlohmann::json::parse(usage_json(tally(UsageBy::model, some())));
    EXPECT_EQ(json["month"], "2026-10");
    EXPECT_EQ(json["timezone"], "UTC");
    EXPECT_EQ(json["currency"], "USD");
    ASSERT_EQ(json["rows"].size(), 3u);
    EXPECT_EQ(json["rows"][0]["account"], "a");
    EXPECT_EQ(json["rows"][1]["account"], "b");
    EXPECT_EQ(json["rows"][1]["model"], "m");
    EXPECT_EQ(json["rows"][1]["sessions"], 1);
    EXPECT_EQ(json["rows"][1]["inferences"], 4);
    EXPECT_EQ(json["rows"][1]["used_seconds"], "119");
    EXPECT_EQ(json["rows"][1]["billable_seconds"], "120");
    EXPECT_EQ(json["rows"][1]["gb_seconds"], "60");
    EXPECT_EQ(json["rows"][1]["amount"], "0.001000002");
    EXPECT_EQ(json["total"]["amount"], "0.002000004");
    EXPECT_EQ(json["total"]["sessions"], 3);
}

TEST(UsageReport, ZonesThatDifferAreNotNamedAsOne) {
    auto entries = some();
    entries.push_back(entry("far", "s9", "m", "2026-10-05"));
    const auto json = nlohmann::json::parse(usage_json(tally(UsageBy::account, entries)));
    EXPECT_TRUE(json["timezone"].is_null());
    EXPECT_EQ(json["rows"][2]["timezone"], "Asia/Tokyo");
}

TEST(UsageReport, AnUnpricedSessionIsCountedAndSaid) {
    auto entries = some();
    entries.back().amount.reset();
    entries.back().gb_seconds.reset();
    const Usage usage = tally(UsageBy::model, entries);
    EXPECT_EQ(usage.total.unpriced_sessions, 1);
    EXPECT_EQ(to_text(usage.total.amount), "0.001500003");
    EXPECT_THAT(usage_table(usage), HasSubstr("1 of the sessions are unpriced"));
}

TEST(UsageReport, TheTableShowsEveryDigitAndTheTotal) {
    const std::string text = usage_table(tally(UsageBy::day, some()));
    EXPECT_THAT(text,
                testing::ContainsRegex("b +2026-10-05 +2 +0 +4 +119 +120 +60 +0.001000002\n"));
    EXPECT_THAT(text, testing::ContainsRegex("TOTAL +3 +1 +8 +238 +240 +120 +0.002000004\n"));
}

TEST(UsageReport, CsvGuardsNamesAndLeavesNumbers) {
    auto entries = some();
    entries.back().account = "=cmd()";
    entries.back().amount = decimal("-0.5");
    const std::string text = usage_csv(tally(UsageBy::model, entries));
    EXPECT_THAT(text, testing::StartsWith("month,timezone,currency,account_id,account,model,"));
    EXPECT_THAT(text,
                HasSubstr("2026-10,UTC,USD,acc_a,'=cmd(),m,1,1,0,2,59.5,0.5,0,0,60,30,-0.5\r\n"));
}

TEST(UsageReport, AnEmptyMonthHasNoRowsAndAZeroTotal) {
    const auto json = nlohmann::json::parse(usage_json(tally(UsageBy::model, {})));
    EXPECT_TRUE(json["rows"].empty());
    EXPECT_EQ(json["total"]["amount"], "0");
}

}  // namespace
}  // namespace reports
