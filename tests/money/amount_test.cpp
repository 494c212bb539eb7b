#include "money/amount.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace money {
namespace {

Currency currency(std::string_view code) {
    return find_currency(code).value();
}

std::string rounded(std::string_view value, std::string_view code) {
    return to_text(
        round_to_payable(Amount(parse_decimal(value).value(), currency(code)), Rounding::half_up));
}

TEST(Payable, RoundsAHalfAwayFromZero) {
    struct Row {
        const char *value, *code, *payable;
    };
    const Row table[] = {
        {"0", "USD", "0.00"},
        {"0.005", "USD", "0.01"},
        {"-0.005", "USD", "-0.01"},
        {"0.00499999999999999999", "USD", "0.00"},
        {"-0.0049", "USD", "0.00"},
        {"1.015", "USD", "1.02"},
        {"2.675", "USD", "2.68"},
        {"0.995", "USD", "1.00"},
        {"12.3", "USD", "12.30"},
        {"0.5", "JPY", "1"},
        {"1234.4999", "JPY", "1234"},
        {"0.0005", "KWD", "0.001"},
        {"0.00005", "CLF", "0.0001"},
        {"6.435326146309608274113816", "USD", "6.44"},
        {"99999999999999999999999999999999999.995", "USD",
         "100000000000000000000000000000000000.00"},
    };
    for (const Row& row : table) EXPECT_EQ(rounded(row.value, row.code), row.payable) << row.value;
}

TEST(Payable, ReadsWhatItPrintsAndNothingFiner) {
    EXPECT_EQ(to_text(Payable::parse("-12.30", currency("USD")).value()), "-12.30");
    EXPECT_FALSE(Payable::parse("12.305", currency("USD")));
    EXPECT_FALSE(Payable::parse("12.3", currency("JPY")));
    EXPECT_FALSE(Payable::parse("1e2", currency("USD")));
}

TEST(Amount, RefusesToAddTwoCurrencies) {
    const Amount dollars(Decimal(1), currency("USD"));
    const Amount euros(Decimal(1), currency("EUR"));
    EXPECT_THROW(dollars + euros, std::invalid_argument);
    EXPECT_THROW(dollars - euros, std::invalid_argument);
    EXPECT_FALSE(dollars == euros);
    EXPECT_EQ(dollars + dollars, Amount(Decimal(2), currency("USD")));
    EXPECT_EQ(dollars - dollars, Amount::zero(currency("USD")));
    EXPECT_THROW(Payable::zero(currency("USD")) + Payable::zero(currency("EUR")),
                 std::invalid_argument);
}

}  // namespace
}  // namespace money
