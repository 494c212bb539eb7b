#include "money/decimal.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace money {
namespace {

constexpr std::size_t text_digit_limit = 100;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// The parts of a number's text: sign, digits, digits, and whatever follows them.
struct Parts {
    bool negative = false;
    std::string_view integer;
    std::string_view fraction;
    std::string_view rest;
};

std::optional<Parts> split(std::string_view text) {
    Parts parts;
    std::size_t at = 0;
    if (at < text.size() && text[at] == '-') {
        parts.negative = true;
        ++at;
    }
    const auto take_digits = [&] {
        const std::size_t begin = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return text.substr(begin, at - begin);
    };
    parts.integer = take_digits();
    if (parts.integer.empty() || (parts.integer.size() > 1 && parts.integer[0] == '0')) return {};
    if (at < text.size() && text[at] == '.') {
        ++at;
        parts.fraction = take_digits();
        if (parts.fraction.empty()) return {};
    }
    if (parts.integer.size() + parts.fraction.size() > text_digit_limit) return {};
    parts.rest = text.substr(at);
    return parts;
}

void append_digits(Wide& coefficient, std::string_view digits) {
    while (!digits.empty()) {
        const std::size_t count = std::min<std::size_t>(digits.size(), 18);
        std::uint64_t value = 0;
        for (char c : digits.substr(0, count)) {
            value = value * 10 + static_cast<std::uint64_t>(c - '0');
        }
        coefficient.multiply_by_power_of_ten(static_cast<unsigned>(count)).add(value);
        digits.remove_prefix(count);
    }
}

Wide coefficient_of(const Parts& parts) {
    Wide coefficient;
    append_digits(coefficient, parts.integer);
    append_digits(coefficient, parts.fraction);
    return coefficient;
}

/// `[eE][+-]?digits`, clamped far outside what is accepted; absent when it is not that.
std::optional<int> parse_exponent(std::string_view text) {
    if (text[0] != 'e' && text[0] != 'E') return {};
    text.remove_prefix(1);
    const bool negative = !text.empty() && text[0] == '-';
    if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
    if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return {};
    int value = 0;
    for (char c : text) value = std::min(value * 10 + (c - '0'), 100'000);
    return negative ? -value : value;
}

}  // namespace

Decimal operator+(const Decimal& a, const Decimal& b) {
    const Decimal& finer = a.decimals_ >= b.decimals_ ? a : b;
    const Decimal& coarser = a.decimals_ >= b.decimals_ ? b : a;
    Decimal result = finer;
    Wide other = coarser.coefficient_;
    other.multiply_by_power_of_ten(finer.decimals_ - coarser.decimals_);
    if (finer.negative_ == coarser.negative_) {
        result.coefficient_.add(other);
    } else if (result.coefficient_ >= other) {
        result.coefficient_.subtract(other);
    } else {
        result.coefficient_ = other.subtract(result.coefficient_);
        result.negative_ = coarser.negative_;
    }
    if (result.is_zero()) result.negative_ = false;
    return result;
}

Decimal operator-(const Decimal& a, const Decimal& b) {
    return a + -b;
}

Decimal operator*(const Decimal& a, const Decimal& b) {
    Decimal result;
    result.coefficient_ = a.coefficient_ * b.coefficient_;
    result.decimals_ = a.decimals_ + b.decimals_;
    result.negative_ = a.negative_ != b.negative_ && !result.is_zero();
    return result;
}

Decimal Decimal::operator-() const {
    Decimal result = *this;
    result.negative_ = !negative_ && !is_zero();
    return result;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
    const Decimal difference = a - b;
    if (difference.is_zero()) return std::strong_ordering::equal;
    return difference.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
}

void Decimal::append_to(std::string& out) const {
    if (negative_) out += '-';
    coefficient_.append_digits(out, decimals_ + 1);
    if (decimals_ == 0) return;
    std::size_t kept = decimals_;
    while (kept > 0 && out.back() == '0') {
        out.pop_back();
        --kept;
    }
    if (kept > 0) out.insert(out.size() - kept, 1, '.');
}

std::optional<Decimal> parse_decimal(std::string_view text) {
    const auto parts = split(text);
    if (!parts || !parts->rest.empty()) return {};
    Decimal result;
    result.coefficient_ = coefficient_of(*parts);
    result.decimals_ = static_cast<unsigned>(parts->fraction.size());
    result.negative_ = parts->negative && !result.is_zero();
    return result;
}

std::optional<Decimal> parse_json_number(std::string_view text) {
    const auto parts = split(text);
    if (!parts) return {};
    if (parts->rest.empty()) return parse_decimal(text);
    const auto exponent = parse_exponent(parts->rest);
    if (!exponent) return {};
    Decimal result;
    result.coefficient_ = coefficient_of(*parts);
    if (result.is_zero()) return result;
    const int decimals = static_cast<int>(parts->fraction.size()) - *exponent;
    const int limit = static_cast<int>(text_digit_limit);
    if (decimals > limit || static_cast<int>(parts->integer.size()) + *exponent > limit) return {};
    result.decimals_ = static_cast<unsigned>(std::max(decimals, 0));
    if (decimals < 0)
        result.coefficient_.multiply_by_power_of_ten(static_cast<unsigned>(-decimals));
    result.negative_ = parts->negative;
    return result;
}

std::string to_text(const Decimal& value) {
    std::string text;
    value.append_to(text);
    return text;
}

std::string to_text_fixed(const Decimal& value, unsigned decimals) {
    std::string text = to_text(value);
    const std::size_t point = text.find('.');
    const std::size_t held = point == std::string::npos ? 0 : text.size() - point - 1;
    if (held > decimals) throw std::invalid_argument("a decimal with more digits than it may show");
    if (decimals > 0 && point == std::string::npos) text += '.';
    return text.append(decimals - held, '0');
}

Decimal half_up(const Decimal& value, unsigned decimals) {
    if (value.decimals_ <= decimals) return value;
    const unsigned dropped = value.decimals_ - decimals;
    Wide half(5);
    half.multiply_by_power_of_ten(dropped - 1);
    Decimal result = value;
    result.coefficient_.add(half).divide_by_power_of_ten(dropped);
    result.decimals_ = decimals;
    if (result.is_zero()) result.negative_ = false;
    return result;
}

}  // namespace money
