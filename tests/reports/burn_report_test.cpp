#include "reports/burn_report.h"

#include <gmock/gmock.h>

namespace reports {
namespace {

using testing::HasSubstr;
using testing::Not;

money::Decimal decimal(const char* text) {
    return money::parse_decimal(text).value();
}

invoicing::Burn burn() {
    return {.as_of = calendar::parse_instant("2026-10-05T10:00:00Z").value(),
            .rows = {{.account = "acme",
                      .currency = "USD",
                      .month = "2026-10",
                      .open = 3,
                      .metered = 2,
                      .unpriced = 1,
                      .an_hour = decimal("54"),
                      .month_to_date = decimal("1.8")},
                     {.account = "beta\x1b[2J",
                      .currency = "USD",
                      .month = "2026-10",
                      .open = 1,
                      .metered = 1,
                      .an_hour = decimal("0.06"),
                      .month_to_date = decimal("7")},
                     {.account = "nobody", .currency = "USD", .month = "2026-10"},
                     {.account = "yen",
                      .currency = "JPY",
                      .month = "2026-10",
                      .month_to_date = decimal("42")}}};
}

TEST(BurnTable, IsARowForEachAccountThatIsNotIdleAndASumPerCurrency) {
    EXPECT_EQ(burn_table(burn(), 0),
              "2026-10-05T10:00:00Z\n"
              "ACCOUNT   OPEN  METERED  BURN/HOUR  MONTH    TO DATE  CURRENCY\n"
              "acme         3        2         54  2026-10      1.8  USD\n"
              "beta\xEF\xBF\xBD[2J     1        1       0.06  2026-10        7  USD\n"
              "yen          0        0          0  2026-10       42  JPY\n"
              "TOTAL        0        0          0                42  JPY\n"
              "TOTAL        4        3      54.06               8.8  USD\n"
              "open without a price (no GB, or no plan): 1\n");
}

TEST(BurnTable, SaysHowManyRowsThereAreMoreAndSumsAll) {
    const std::string text = burn_table(burn(), 1);
    EXPECT_THAT(text, HasSubstr("acme"));
    EXPECT_THAT(text, Not(HasSubstr("beta")));
    EXPECT_THAT(text, HasSubstr("accounts more: 2\n"));
    EXPECT_THAT(text, HasSubstr("54.06"));
}

}  // namespace
}  // namespace reports
