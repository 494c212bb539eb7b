// Reports of ended months: when they are due, that each is written once, and that whatever ends the
// writing leaves nothing that the next one does not mend.
#include "cli/monthly_reports.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <system_error>

#include "ledger/written_reports.h"
#include "platform/files.h"
#include "support/metered_books.h"

namespace cli {
namespace {

using support::at;
using support::deleted;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* november = "2026-11-01T00:10:00Z";

class MonthlyReportsTest : public support::MeteredBooks {
  protected:
    MonthlyReportsTest() {
        reports_ = {.directory = folder_ / "reports/all", .formats = {"csv", "pdf"}, .issuer = "I"};
        ask("UPDATE accounts SET created_at = '2026-10-01T00:00:00Z'");
        ship(life(start_, 600));
        ask("UPDATE accounts SET created_at = '2026-10-01T00:00:00Z'");
        ship_through("2026-11-01T00:00:00Z");
    }
    void ship_through(const std::string& instant) {
        ask("UPDATE gateways SET shipped_through = '" + instant + "'");
    }
    std::size_t write(const std::string& now = november) {
        return write_due_reports(store_, reports_, renderer_, at(now), [] { return false; });
    }
    std::vector<std::string> files() {
        std::vector<std::string> names;
        if (!std::filesystem::exists(reports_.directory)) return names;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(reports_.directory))
            if (entry.is_regular_file())
                names.push_back(
                    std::filesystem::relative(entry.path(), reports_.directory).string());
        std::ranges::sort(names);
        return names;
    }
    std::string name(const std::string& end) {
        return "2026-10/usage-" + account().id.text() + end;
    }
    std::string content(const std::string& end) {
        return platform::read_file(reports_.directory + "/" + name(end), 1 << 20);
    }

    support::TemporaryDirectory folder_;
    MonthlyReports reports_;
    UsageRenderer renderer_{Settings().reports};
};

TEST_F(MonthlyReportsTest, AreWrittenOnceTheMonthHasEndedAndIsWhole) {
    EXPECT_EQ(write("2026-10-31T23:59:59Z"), 0u);
    ship_through("2026-10-31T23:59:59Z");
    EXPECT_EQ(write(), 0u);
    EXPECT_THAT(files(), IsEmpty());
    ship_through("2026-11-01T00:00:00Z");
    EXPECT_EQ(write(), 1u);
    EXPECT_THAT(files(), ElementsAre(name(".csv"), name(".pdf")));
    EXPECT_THAT(content(".csv"), HasSubstr(",openai-community/gpt2,1,0,0,0,600,"));
    EXPECT_THAT(content(".pdf"), testing::StartsWith("%PDF-"));
    EXPECT_EQ(ask("SELECT files[1] || ' ' || length(digests[2]) FROM written_reports"),
              name(".csv") + " 64");
}

TEST_F(MonthlyReportsTest, AreWrittenOnce) {
    EXPECT_EQ(write(), 1u);
    const std::string before = content(".csv");
    ship(life(start_ + calendar::Duration::seconds(9'000), 60));  // late
    ship_through("2026-11-01T00:00:00Z");
    EXPECT_EQ(write("2026-11-02T00:00:00Z"), 0u);
    EXPECT_EQ(content(".csv"), before);
    EXPECT_EQ(ask("SELECT count(*) FROM written_reports"), "1");
}

TEST_F(MonthlyReportsTest, WaitForFactsThatAreNotInSessionsYet) {
    ask("INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) VALUES ('" +
        account().id.text() + "', 'u', 'm', now(), now())");
    EXPECT_EQ(write(), 0u);
    ask("DELETE FROM pending_instances");
    EXPECT_EQ(write(), 1u);
}

TEST_F(MonthlyReportsTest, OfAMonthWithoutUsageAreNoFiles) {
    ship_through("2026-12-01T00:00:00Z");
    EXPECT_EQ(write("2026-12-01T00:10:00Z"), 1u);  // October's
    EXPECT_THAT(files(), ElementsAre(name(".csv"), name(".pdf")));
    EXPECT_EQ(ask("SELECT string_agg(month || ' ' || cardinality(files), ', ' ORDER BY month) FROM "
                  "written_reports"),
              "2026-10 2, 2026-11 0");
}

TEST_F(MonthlyReportsTest, AWriterThatWasKilledBetweenFilesAndRecordIsMended) {
    EXPECT_EQ(write(), 1u);
    ASSERT_EQ(ask("DELETE FROM written_reports"), "none");
    platform::write_file_atomically(reports_.directory + "/" + name(".pdf.0123abcd.tmp"), "half");
    platform::write_file_atomically(reports_.directory + "/" + name(".csv"), "an older one");
    EXPECT_EQ(write(), 1u);
    EXPECT_THAT(files(), ElementsAre(name(".csv"), name(".pdf")));
    EXPECT_THAT(content(".csv"), HasSubstr("gpt2"));
}

TEST_F(MonthlyReportsTest, ADirectoryThatIsAFileIsSaidAndNothingRecorded) {
    platform::write_file_atomically(folder_ / "file", "");
    reports_.directory = folder_ / "file";
    EXPECT_THROW(write(), std::system_error);
    EXPECT_EQ(ask("SELECT count(*) FROM written_reports"), "0");
}

TEST_F(MonthlyReportsTest, AStopLeavesTheRestDue) {
    EXPECT_EQ(write_due_reports(store_, reports_, renderer_, at(november), [] { return true; }),
              0u);
    EXPECT_EQ(write(), 1u);
}

TEST_F(MonthlyReportsTest, AMonthEndsInTheAccountsOwnZone) {
    ask("UPDATE accounts SET timezone = 'America/New_York', created_at = '2026-10-01T04:00:00Z'");
    EXPECT_THAT(ledger::list_due_reports(store_, at("2026-11-01T03:59:59Z")), IsEmpty());
    ship_through("2026-11-01T04:00:00Z");
    const auto due = ledger::list_due_reports(store_, at("2026-11-01T04:00:00Z"));
    ASSERT_EQ(due.size(), 1u);
    EXPECT_EQ(to_text(due[0].month), "2026-10");
}

TEST_F(MonthlyReportsTest, AreRecordedOnceAlthoughTwoWriteThem) {
    const ledger::WrittenReport report{
        .account = account().id, .month = {2026, 10}, .files = {"a \"b\"\\.csv"}, .digests = {"d"}};
    EXPECT_EQ(record_report(store_, report, at(november)), ledger::Recorded::now);
    EXPECT_EQ(record_report(store_, report, at(november)), ledger::Recorded::before);
    EXPECT_EQ(ask("SELECT files[1] FROM written_reports"), "a \"b\"\\.csv");
    EXPECT_NE(try_as_service("DELETE FROM written_reports"), "");
}

}  // namespace
}  // namespace cli
