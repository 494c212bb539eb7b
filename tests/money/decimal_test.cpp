#include "money/decimal.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

namespace money {
namespace {

Decimal decimal(std::string_view text) {
    const auto value = parse_decimal(text);
    EXPECT_TRUE(value) << text;
    return value.value_or(Decimal());
}

TEST(Decimal, PrintsPlainWithoutTrailingZeros) {
    const std::pair<const char*, const char*> table[] = {
        {"0", "0"},
        {"-0", "0"},
        {"0.000", "0"},
        {"0.50", "0.5"},
        {"100", "100"},
        {"100.00", "100"},
        {"-1.2300", "-1.23"},
        {"0.0000166667", "0.0000166667"},
        {"1000000000000000000000", "1000000000000000000000"},
        {"0.000000000000000001", "0.000000000000000001"},
    };
    for (const auto& [text, printed] : table) EXPECT_EQ(to_text(decimal(text)), printed);
}

TEST(Decimal, RefusesWhatIsNotAPlainDecimal) {
    for (const char* text : {"", "-", ".5", "5.", "+1", "01", "-01", "00", "1e3", "1,5", " 1", "1 ",
                             "0x1", "1.2.3", "--1", "NaN", "Infinity", "1_000", "\xd9\xa1"}) {
        EXPECT_FALSE(parse_decimal(text)) << text;
    }
    EXPECT_TRUE(parse_decimal(std::string(100, '9')));
    EXPECT_FALSE(parse_decimal(std::string(101, '9')));
}

TEST(Decimal, ReadsJsonNumbersExactly) {
    const std::pair<const char*, const char*> table[] = {
        {"1e3", "1000"},
        {"1E+3", "1000"},
        {"15e-1", "1.5"},
        {"1.50e1", "15"},
        {"0e99999", "0"},
        {"-2.5e-3", "-0.0025"},
        {"1e-18", "0.000000000000000001"},
        {"0.00000000000000000000000001e26", "1"},
        {"12", "12"},
    };
    for (const auto& [text, printed] : table) {
        ASSERT_TRUE(parse_json_number(text)) << text;
        EXPECT_EQ(to_text(*parse_json_number(text)), printed) << text;
    }
    EXPECT_EQ(parse_json_number("1.50e1")->decimals(), 1u);
    for (const char* text : {"1e", "1e+", "e3", "1e3.5", "1e999999999999", "1e-101", "1e100",
                             "01e1", "1 e3", "1f3", "-", "+1e3", ".5e1"}) {
        EXPECT_FALSE(parse_json_number(text)) << text;
    }
}

TEST(Decimal, AddsAndSubtractsAcrossScalesAndSigns) {
    struct Row {
        const char *a, *b, *sum, *difference;
    };
    const Row table[] = {
        {"0.1", "0.2", "0.3", "-0.1"},
        {"1", "0.999999999999999999", "1.999999999999999999", "0.000000000000000001"},
        {"-5", "5", "0", "-10"},
        {"5", "-5.0", "0", "10"},
        {"-1.5", "-2.25", "-3.75", "0.75"},
        {"0", "-3", "-3", "3"},
        {"99999999999999999999", "1", "100000000000000000000", "99999999999999999998"},
    };
    for (const Row& row : table) {
        EXPECT_EQ(to_text(decimal(row.a) + decimal(row.b)), row.sum) << row.a << " + " << row.b;
        EXPECT_EQ(to_text(decimal(row.a) - decimal(row.b)), row.difference)
            << row.a << " - " << row.b;
    }
}

TEST(Decimal, MultipliesExactly) {
    EXPECT_EQ(to_text(decimal("2.232933128273094") * decimal("172920")), "386118.79654098341448");
    EXPECT_EQ(to_text(decimal("386118.79654098341448") * decimal("0.0000166667")),
              "6.435326146309608274113816");
    EXPECT_EQ(to_text(decimal("-0.5") * decimal("0.5")), "-0.25");
    EXPECT_EQ(to_text(decimal("-7") * Decimal()), "0");
    EXPECT_FALSE((decimal("-7") * Decimal()).is_negative());
}

TEST(Decimal, HoldsTheLargestProductOfTheRuleAndThrowsBeyondItsDigits) {
    const Decimal gb = decimal("999999999.999999999999999999");
    const Decimal seconds = decimal("999999999999.999999");
    const Decimal rate = decimal("999999999.999999999999999999999999999999");
    const Decimal amount = gb * seconds * Decimal(1'000'000) * rate;
    EXPECT_EQ(to_text(amount),
              "999999999999999998999999998999999999.99900000"
              "1000000000001000000000999999999999999999");
    EXPECT_THROW(amount * amount, std::overflow_error);
}

TEST(Decimal, ComparesByValue) {
    EXPECT_EQ(decimal("0.5"), decimal("0.500"));
    EXPECT_LT(decimal("-0.5"), decimal("0.499"));
    EXPECT_LT(decimal("-2"), decimal("-1.999"));
    EXPECT_GT(decimal("10"), decimal("9.99999999999999999999999999"));
}

TEST(Decimal, CountsFromIntegers) {
    EXPECT_EQ(to_text(Decimal(std::numeric_limits<std::int64_t>::min())), "-9223372036854775808");
    EXPECT_EQ(to_text(Decimal::of_count(~0ull)), "18446744073709551615");
    EXPECT_EQ(to_text(Decimal::scaled(60'000'001, 6)), "60.000001");
    EXPECT_EQ(to_text(Decimal::scaled(-1, 6)), "-0.000001");
}

TEST(Decimal, PrintsAFixedNumberOfDecimals) {
    EXPECT_EQ(to_text_fixed(decimal("12.3"), 2), "12.30");
    EXPECT_EQ(to_text_fixed(decimal("12"), 0), "12");
    EXPECT_EQ(to_text_fixed(Decimal(), 3), "0.000");
    EXPECT_THROW(to_text_fixed(decimal("0.001"), 2), std::invalid_argument);
}

}  // namespace
}  // namespace money
