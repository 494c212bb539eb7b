// The month's sums: what was charged, kept as it is charged, through corrections, withdrawals, plan
// changes and sessions over the month's end; and what a report makes of them.
#include "ledger/month_sums.h"

#include <gmock/gmock.h>

#include "ledger/usage.h"
#include "ledger/verification.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using invoicing::UsageBy;

class MonthSums : public MeteredBooks {
  protected:
    void expect_agreement() {
        transact(store_, [&](Work& work) {
            const auto wrong = find_wrong_month_sum(work, std::nullopt);
            EXPECT_FALSE(wrong) << wrong->subject << ": expected " << wrong->expected << ", found "
                                << wrong->found;
        });
    }
    /// "sessions open unpriced inferences billable amount" of each row.
    std::vector<std::string> rows(calendar::Month month, UsageBy by, const std::string& now) {
        const auto usage = read_usage(store_, list_accounts(store_, true), month, by, at(now));
        std::vector<std::string> texts;
        for (const auto& row : usage.rows) texts.push_back(text_of(row.part, row.sums));
        texts.push_back(text_of("total", usage.total));
        return texts;
    }
    static std::string text_of(const std::string& part, const invoicing::UsageSums& sums) {
        return part + " " + std::to_string(sums.sessions) + " " +
               std::to_string(sums.open_sessions) + " " + std::to_string(sums.unpriced_sessions) +
               " " + std::to_string(sums.inferences) + " " + to_text(sums.billable) + " " +
               to_text(sums.amount);
    }
    calendar::Instant after(std::int64_t seconds) const {
        return start_ + Duration::seconds(seconds);
    }
};

const std::string model = "openai-community/gpt2";

TEST_F(MonthSums, FollowWhatIsCharged) {
    ship(life(start_, 600));
    ship({loaded(after(5'000), key(), "1"), seen_running(after(5'001), after(5'000), after(5'000)),
          run_arrived(after(5'010)), run_ended(after(5'011)), deleted(after(5'060))});
    expect_agreement();
    const std::vector<std::string> expected = {model + " 2 0 0 1 660 0.66",
                                               "total 2 0 0 1 660 0.66"};
    EXPECT_EQ(rows({2026, 10}, UsageBy::model, "2026-11-02T00:00:00Z"), expected);
    EXPECT_EQ(rows({2026, 10}, UsageBy::account, "2026-11-02T00:00:00Z").front(),
              " 2 0 0 1 660 0.66");
    EXPECT_EQ(rows({2026, 9}, UsageBy::model, "2026-11-02T00:00:00Z").front(), "total 0 0 0 0 0 0");
}

TEST_F(MonthSums, FollowALateRunAndACorrection) {
    ship(life(start_, 600));
    ship({run_arrived(after(100)), run_ended(after(110))});
    expect_agreement();
    EXPECT_EQ(rows({2026, 10}, UsageBy::model, "2026-11-02T00:00:00Z").front(),
              model + " 1 0 0 1 600 0.6");
    ship({deleted(after(300))});  // it was over before
    expect_agreement();
    EXPECT_EQ(rows({2026, 10}, UsageBy::model, "2026-11-02T00:00:00Z").front(),
              model + " 1 0 0 1 300 0.3");
}

TEST_F(MonthSums, OfAnUnpricedSessionCountItUntilItsPriceIsKnown) {
    ship(life(start_, 600, std::nullopt));
    expect_agreement();
    EXPECT_EQ(rows({2026, 10}, UsageBy::model, "2026-11-02T00:00:00Z").front(),
              model + " 1 0 1 0 600 0");
}

TEST_F(MonthSums, WithAnOpenSessionHoldWhatWasChargedAndAReportTheRest) {
    const auto load = at("2026-10-31T23:40:00Z");
    ship({loaded(load, key(), "1"), seen_running(load + Duration::seconds(1), load, load)});
    EXPECT_EQ(rows({2026, 10}, UsageBy::model, "2026-10-31T23:50:00Z").front(),
              model + " 1 1 0 0 600 0.6");
    close({2026, 10}, "2026-11-01T00:10:00Z");  // charges October's part of it
    EXPECT_EQ(ask("SELECT sessions || ' ' || amount FROM month_sums"), "1 1.2");
    expect_agreement();
    EXPECT_EQ(rows({2026, 10}, UsageBy::model, "2026-11-01T00:10:00Z").front(),
              model + " 1 1 0 0 1200 1.2");
    EXPECT_EQ(rows({2026, 11}, UsageBy::model, "2026-11-01T00:10:00Z").front(),
              model + " 1 1 0 0 600 0.6");
    ship({run_arrived(load + Duration::seconds(1'500)), run_ended(load + Duration::seconds(1'501)),
          deleted(load + Duration::seconds(3'000))});
    expect_agreement();
    EXPECT_EQ(rows({2026, 10}, UsageBy::model, "2026-11-02T00:00:00Z").front(),
              model + " 1 0 0 1 1200 1.2");
    EXPECT_EQ(rows({2026, 11}, UsageBy::model, "2026-11-02T00:00:00Z").front(),
              model + " 1 0 0 0 1800 1.8");
}

TEST_F(MonthSums, ByAnyGroupingSayTheSame) {
    for (int i = 0; i < 6; ++i) ship(life(after(10'000 * i), 100 + 70 * i));
    const auto total = [&](UsageBy by) {
        return rows({2026, 10}, by, "2026-11-02T00:00:00Z").back();
    };
    EXPECT_EQ(total(UsageBy::model), total(UsageBy::key));
    EXPECT_EQ(total(UsageBy::account), total(UsageBy::day));
    EXPECT_EQ(total(UsageBy::account), total(UsageBy::model));
}

TEST_F(MonthSums, ThatAreWrongAreFoundByVerification) {
    ship(life(start_, 600));
    EXPECT_FALSE(verify_books(store_, {}).difference);
    ask("UPDATE month_sums SET amount = amount + 1");
    const auto wrong = verify_books(store_, {}).difference;
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->what, "sums");
    EXPECT_THAT(wrong->subject, testing::HasSubstr("month 2026-10 of " + model));
    EXPECT_FALSE(verify_books(store_, {.month = "2026-09"}).difference);
    ask("DELETE FROM month_sums");
    EXPECT_TRUE(verify_books(store_, {.month = "2026-10"}).difference);
}

}  // namespace
}  // namespace ledger
