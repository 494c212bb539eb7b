#include "money/wide.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace money {
namespace {

__extension__ using Double = unsigned __int128;

constexpr unsigned chunk_digits = 19;
constexpr std::uint64_t chunk = 10'000'000'000'000'000'000u;  // 10^19, the largest in 64 bits

constexpr auto powers_of_ten = [] {
    std::array<std::uint64_t, chunk_digits + 1> powers{};
    powers[0] = 1;
    for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
    return powers;
}();
static_assert(powers_of_ten.back() == chunk);

std::uint64_t low(Double value) {
    return static_cast<std::uint64_t>(value);
}

std::uint64_t high(Double value) {
    return static_cast<std::uint64_t>(value >> 64);
}

/// Writes exactly `digits` digits of `value`.
void write_padded(char* at, std::uint64_t value, unsigned digits) {
    for (unsigned i = digits; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

void Wide::push(std::uint64_t limb) {
    if (limb == 0) return;
    if (size_ == limb_limit) throw std::overflow_error("a decimal of more than 115 digits");
    limbs_[size_++] = limb;
}

void Wide::trim() {
    while (size_ > 0 && limbs_[size_ - 1] == 0) --size_;
}

Wide& Wide::add(const Wide& other) {
    size_ = std::max(size_, other.size_);
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        const Double sum = Double{limbs_[i]} + other.limbs_[i] + carry;
        limbs_[i] = low(sum);
        carry = high(sum);
    }
    push(carry);
    return *this;
}

Wide& Wide::add(std::uint64_t value) {
    return add(Wide(value));
}

Wide& Wide::multiply(std::uint64_t factor) {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        const Double product = Double{limbs_[i]} * factor + carry;
        limbs_[i] = low(product);
        carry = high(product);
    }
    push(carry);
    trim();
    return *this;
}

Wide& Wide::multiply_by_power_of_ten(unsigned exponent) {
    if (is_zero()) return *this;
    for (; exponent > chunk_digits; exponent -= chunk_digits) multiply(chunk);
    return multiply(powers_of_ten[exponent]);
}

Wide operator*(const Wide& a, const Wide& b) {
    std::array<std::uint64_t, 2 * Wide::limb_limit> product{};
    for (std::size_t i = 0; i < a.size_; ++i) {
        std::uint64_t carry = 0;
        for (std::size_t j = 0; j < b.size_; ++j) {
            const Double sum = Double{a.limbs_[i]} * b.limbs_[j] + product[i + j] + carry;
            product[i + j] = low(sum);
            carry = high(sum);
        }
        product[i + b.size_] = carry;
    }
    std::size_t size = a.size_ + b.size_;
    while (size > 0 && product[size - 1] == 0) --size;
    Wide result;
    for (std::size_t i = 0; i < size; ++i) {
        if (i == Wide::limb_limit) throw std::overflow_error("a decimal of more than 115 digits");
        result.limbs_[i] = product[i];
    }
    result.size_ = size;
    return result;
}

Wide& Wide::subtract(const Wide& other) {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        const Double difference = Double{limbs_[i]} - other.limbs_[i] - borrow;
        limbs_[i] = low(difference);
        borrow = high(difference) != 0 ? 1 : 0;
    }
    trim();
    return *this;
}

std::uint64_t Wide::divide(std::uint64_t divisor) {
    std::uint64_t remainder = 0;
    for (std::size_t i = size_; i-- > 0;) {
        const Double dividend = (Double{remainder} << 64) | limbs_[i];
        limbs_[i] = low(dividend / divisor);
        remainder = low(dividend % divisor);
    }
    trim();
    return remainder;
}

Wide& Wide::divide_by_power_of_ten(unsigned exponent) {
    for (; exponent > chunk_digits; exponent -= chunk_digits) divide(chunk);
    divide(powers_of_ten[exponent]);
    return *this;
}

std::strong_ordering operator<=>(const Wide& a, const Wide& b) {
    if (a.size_ != b.size_) return a.size_ <=> b.size_;
    for (std::size_t i = a.size_; i-- > 0;) {
        if (a.limbs_[i] != b.limbs_[i]) return a.limbs_[i] <=> b.limbs_[i];
    }
    return std::strong_ordering::equal;
}

void Wide::append_digits(std::string& out, std::size_t width) const {
    // From the right, 19 digits a step; 384 bits are seven steps.
    std::array<char, (limb_limit + 1) * chunk_digits + chunk_digits> text{};
    char* const end = text.data() + text.size();
    char* begin = end;
    Wide rest = *this;
    while (rest.size_ > 1) {
        begin -= chunk_digits;
        write_padded(begin, rest.divide(chunk), chunk_digits);
    }
    for (std::uint64_t value = rest.limbs_[0]; value != 0; value /= 10) {
        *--begin = static_cast<char>('0' + value % 10);
    }
    const auto digits = static_cast<std::size_t>(end - begin);
    if (digits < width) out.append(width - digits, '0');
    out.append(begin, digits);
}

}  // namespace money
