#include "money/wide.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

namespace money {
namespace {

std::string digits(const Wide& value) {
    std::string text;
    value.append_digits(text);
    return text;
}

Wide power_of_ten(unsigned exponent) {
    return Wide(1).multiply_by_power_of_ten(exponent);
}

/// Schoolbook multiplication of decimal texts: shares nothing with what it checks.
std::string multiply_texts(const std::string& a, const std::string& b) {
    std::vector<int> cells(a.size() + b.size(), 0);
    for (std::size_t i = a.size(); i-- > 0;) {
        for (std::size_t j = b.size(); j-- > 0;) {
            const int sum = cells[i + j + 1] + (a[i] - '0') * (b[j] - '0');
            cells[i + j + 1] = sum % 10;
            cells[i + j] += sum / 10;
        }
    }
    std::string text;
    for (int cell : cells) text += static_cast<char>('0' + cell);
    text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
    return text;
}

TEST(Wide, PrintsEveryPowerOfTen) {
    for (unsigned exponent = 0; exponent <= 115; ++exponent) {
        EXPECT_EQ(digits(power_of_ten(exponent)), std::string("1").append(exponent, '0'));
    }
}

TEST(Wide, MultipliesLikeSchool) {
    std::mt19937_64 random(20240601);
    for (int round = 0; round < 2000; ++round) {
        Wide a(random() >> (random() % 64));
        Wide b(random() >> (random() % 64));
        for (unsigned limbs = 0; limbs < random() % 3; ++limbs)
            a.multiply(random() | 1).add(random());
        for (unsigned limbs = 0; limbs < random() % 2; ++limbs)
            b.multiply(random() | 1).add(random());
        const std::string expected =
            a.is_zero() || b.is_zero() ? "0" : multiply_texts(digits(a), digits(b));
        std::string product;
        (a * b).append_digits(product, 1);
        EXPECT_EQ(product.empty() ? "0" : product, expected);
    }
}

TEST(Wide, DivisionUndoesMultiplication) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 1000; ++round) {
        const Wide value = Wide(random()) * Wide(random()) * Wide(random()) * Wide(random());
        const std::uint64_t divisor = random() | 1;
        const std::uint64_t remainder = random() % divisor;
        Wide product = value;
        product.multiply(divisor).add(remainder);
        EXPECT_EQ(product.divide(divisor), remainder);
        EXPECT_EQ(product, value);
    }
}

TEST(Wide, SubtractionUndoesAdditionWithCarries) {
    const Wide ones = Wide(~0ull) * Wide(~0ull) * Wide(~0ull);
    for (const Wide& value : {Wide(1), Wide(~0ull), ones, power_of_ten(80)}) {
        Wide sum = ones;
        sum.add(value);
        EXPECT_GT(sum, ones);
        EXPECT_EQ(sum.subtract(value), ones);
    }
    EXPECT_TRUE(Wide(5).subtract(Wide(5)).is_zero());
}

TEST(Wide, ThrowsRatherThanWraps) {
    EXPECT_THROW(power_of_ten(116), std::overflow_error);
    EXPECT_THROW(power_of_ten(60) * power_of_ten(60), std::overflow_error);
    Wide most(~0ull);
    for (int limb = 1; limb < 6; ++limb) most.multiply_by_power_of_ten(19).add(~0ull);
    const auto double_it = [&most] {
        for (int round = 0; round < 100; ++round) most.add(Wide(most));
    };
    EXPECT_THROW(double_it(), std::overflow_error);
}

}  // namespace
}  // namespace money
