#include "money/wide.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace money {
namespace {

__extension__ using Double = unsigned __int128;

constexpr int chunk_digits = 19;
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

// "00" to "99".
constexpr auto pairs = [] {
    std::array<char, 200> text{};
    for (std::size_t i = 0; i < 100; ++i) {
        text[2 * i] = static_cast<char>('0' + i / 10);
        text[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
    return text;
}();

/// Writes the digits of `value` so that they end before `end`; zeros in front up to `width` digits.
/// Returns where they begin.
char* write_digits(char* end, std::uint64_t value, std::ptrdiff_t width) {
    char* at = end;
    for (; value >= 100; value /= 100) {
        at -= 2;
        std::memcpy(at, pairs.data() + 2 * (value % 100), 2);
    }
    if (value >= 10) {
        at -= 2;
        std::memcpy(at, pairs.data() + 2 * value, 2);
    } else if (value != 0) {
        *--at = static_cast<char>('0' + value);
    }
    while (end - at < width) *--at = '0';
    return at;
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
    // Counts, seconds and rates fit into one limb: the usual case, without the general one's loops.
    if (b.size_ <= 1) return Wide(a).multiply(b.limbs_[0]);
    if (a.size_ <= 1) return Wide(b).multiply(a.limbs_[0]);
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
    std::array<char, (limb_limit + 2) * chunk_digits> text;
    char* const end = text.data() + text.size();
    char* begin = end;
    if (size_ > 1) {
        Wide rest = *this;
        do {
            const std::uint64_t digits = rest.divide(chunk);
            begin = write_digits(begin, digits, chunk_digits);
        } while (rest.size_ > 1);
        begin = write_digits(begin, rest.limbs_[0], 0);
    } else {
        begin = write_digits(begin, limbs_[0], 0);
    }
    const auto digits = static_cast<std::size_t>(end - begin);
    if (digits < width) out.append(width - digits, '0');
    out.append(begin, digits);
}

}  // namespace money
