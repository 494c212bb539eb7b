#include "ledger/burn.h"

#include <gmock/gmock.h>

#include "ledger/usage.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using support::at;

class BurnTest : public support::MeteredBooks {
  protected:
    invoicing::BurnRow row_at(const std::string& now) {
        const auto burn = read_burn(store_, list_accounts(store_, false), at(now));
        return burn.rows.at(0);
    }
    std::string usage_at(const std::string& now) {
        return money::to_text(
            read_usage(store_, {account()}, {2026, 10}, invoicing::UsageBy::account, at(now))
                .total.amount);
    }
    // Loaded and running, 1 GB at 0.001 a second.
    void leave_running(const std::string& since, std::optional<std::string> gb = "1") {
        const auto facts = life(at(since), 0, std::move(gb));
        ship({facts[0], facts[1]});
    }
};

TEST_F(BurnTest, IsWhatRunsNowAndTheMonthToDateWhatUsageSays) {
    ship(life(start_, 600));
    leave_running("2026-10-20T00:00:00Z");
    const std::string now = "2026-10-20T00:10:30Z";
    const auto row = row_at(now);
    EXPECT_EQ(row.open, 1);
    EXPECT_EQ(row.metered, 1);
    EXPECT_EQ(money::to_text(row.an_hour), "3.6");
    EXPECT_EQ(money::to_text(row.month_to_date), "1.26");  // 0.6 and 660 s
    EXPECT_EQ(money::to_text(row.month_to_date), usage_at(now));
}

TEST_F(BurnTest, AMonthsEndStartsTheNextOne) {
    leave_running("2026-10-31T23:50:00Z");
    EXPECT_EQ(money::to_text(row_at("2026-10-31T23:55:00Z").month_to_date), "0.3");
    const auto row = row_at("2026-11-01T00:05:00Z");
    EXPECT_EQ(row.month, "2026-11");
    EXPECT_EQ(money::to_text(row.month_to_date), "0.3");
    EXPECT_EQ(usage_at("2026-11-01T00:05:00Z"), "0.6");
}

TEST_F(BurnTest, AnEndedInstanceBurnsNothing) {
    ship(life(start_, 600));
    const auto row = row_at("2026-10-20T00:00:00Z");
    EXPECT_EQ(row.open, 0);
    EXPECT_TRUE(row.an_hour.is_zero());
    EXPECT_EQ(money::to_text(row.month_to_date), "0.6");
}

TEST_F(BurnTest, OneWithoutGbIsCountedApart) {
    leave_running("2026-10-20T00:00:00Z", std::nullopt);
    EXPECT_EQ(row_at("2026-10-20T00:01:00Z").unpriced, 1);
}

TEST_F(BurnTest, OfNoAccountIsEmpty) {
    EXPECT_TRUE(read_burn(store_, {}, at("2026-10-20T00:00:00Z")).rows.empty());
}

}  // namespace
}  // namespace ledger
