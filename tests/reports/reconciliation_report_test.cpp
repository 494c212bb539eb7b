#include "reports/reconciliation_report.h"

#include <nlohmann/json.hpp>

namespace reports {
namespace {

using testing::HasSubstr;

reconciling::Reconciliation example() {
    const auto at = [](const char* text) { return *calendar::parse_instant(text); };
    std::vector<reconciling::BillLine> lines(2);
    lines[0].number = 2;
    lines[0].model = "a";
    lines[0].start = at("2026-10-05T10:00:00Z");
    lines[0].end = at("2026-10-05T10:10:00Z");
    lines[0].amount = money::parse_decimal("0.50");
    lines[1] = lines[0];
    lines[1].number = 3;
    lines[1].model = "=b";
    std::vector<reconciling::OurSession> sessions(2);
    sessions[0].id = "s-1";
    sessions[0].model = "a";
    sessions[0].loaded = at("2026-10-05T09:59:00Z");
    sessions[0].start = at("2026-10-05T10:00:00Z");
    sessions[0].end = at("2026-10-05T10:09:00Z");
    sessions[0].amount = money::parse_decimal("0.45");
    sessions[1] = sessions[0];
    sessions[1].id = "s-2";
    sessions[1].model = "c";
    sessions[1].amount.reset();
    return reconciling::reconcile(lines, sessions, calendar::Duration::seconds(1));
}

TEST(ReconciliationReport, TableShowsWhatIsAmissAndTheTotals) {
    const std::string text = reconciliation_table(example());
    EXPECT_THAT(text, HasSubstr("differs         2  s-1"));
    EXPECT_THAT(text, HasSubstr("2026-10-05T10:10:00Z    2026-10-05T10:09:00Z          60"));
    EXPECT_THAT(text, HasSubstr("only theirs     3"));
    EXPECT_THAT(text, HasSubstr("only ours          s-2"));
    EXPECT_THAT(text, HasSubstr("0 agree, 1 differ, 1 only theirs, 1 only ours"));
    EXPECT_THAT(text, HasSubstr("theirs      2       0         0       1"));
}

TEST(ReconciliationReport, CsvHasARowForEachDifferenceAndRunsNoFormula) {
    const std::string text = reconciliation_csv(example());
    EXPECT_THAT(text,
                HasSubstr("differs,2,s-1,a,end,2026-10-05T10:10:00Z,2026-10-05T10:09:00Z,60"));
    EXPECT_THAT(text, HasSubstr("differs,2,s-1,a,amount,0.5,0.45,0.05"));
    EXPECT_THAT(text, HasSubstr("only_theirs,3,,'=b,start,2026-10-05T10:00:00Z,,"));
    EXPECT_THAT(text, HasSubstr("only_ours,,s-2,c,start,,2026-10-05T10:00:00Z,"));
}

TEST(ReconciliationReport, JsonHoldsBothSides) {
    const auto json = nlohmann::json::parse(reconciliation_json(example()));
    EXPECT_EQ(json.at("agrees"), false);
    EXPECT_TRUE(json.at("matched").empty());
    EXPECT_EQ(json.at("differing").at(0).at("theirs").at("line"), 2);
    EXPECT_EQ(json.at("differing").at(0).at("ours").at("session"), "s-1");
    EXPECT_EQ(json.at("differing").at(0).at("differences").at(1).at("by"), "0.05");
    EXPECT_EQ(json.at("only_theirs").size(), 1u);
    EXPECT_TRUE(json.at("only_ours").at(0).at("amount").is_null());
    EXPECT_EQ(json.at("totals").at("theirs").at("amount"), "1");
}

}  // namespace
}  // namespace reports
