// Exact decimals: every quantity and price of the product. A coefficient of up to 115 digits and a
// number of decimals; sums, differences and products are exact or throw, nothing is ever rounded
// here (amount.h has the one rounding). There is no way in from floating point.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "money/wide.h"

namespace money {

class Decimal {
  public:
    constexpr Decimal() = default;  // zero
    template <std::integral Integer>
    explicit constexpr Decimal(Integer value) : Decimal(static_cast<std::int64_t>(value), 0u) {
        static_assert(sizeof(Integer) < 8 || std::signed_integral<Integer>,
                      "an unsigned 64-bit count goes through Decimal::of_count");
    }
    explicit Decimal(bool) = delete;
    template <std::floating_point Float>
    Decimal(Float) = delete;  // money is read from text or counted, never from floating point

    static constexpr Decimal of_count(std::uint64_t count) {
        Decimal result;
        result.coefficient_ = Wide(count);
        return result;
    }
    /// value × 10^−decimals: microseconds as seconds are scaled(micros, 6).
    static constexpr Decimal scaled(std::int64_t value, unsigned decimals) {
        return Decimal(value, decimals);
    }

    bool is_zero() const { return coefficient_.is_zero(); }
    bool is_negative() const { return negative_; }
    /// Digits after the point as held, trailing zeros included: "0.50" has 2.
    unsigned decimals() const { return decimals_; }

    // Exact. Throw std::overflow_error beyond 115 digits, which the limits of metering.md (gb,
    // plan, instants) keep out of reach.
    friend Decimal operator+(const Decimal& a, const Decimal& b);
    friend Decimal operator-(const Decimal& a, const Decimal& b);
    friend Decimal operator*(const Decimal& a, const Decimal& b);
    Decimal operator-() const;
    Decimal& operator+=(const Decimal& other) { return *this = *this + other; }
    Decimal& operator-=(const Decimal& other) { return *this = *this - other; }

    /// By value: 0.5 equals 0.50.
    friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
    friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

    /// Plain digits: no exponent, no trailing zeros, "0" for zero.
    void append_to(std::string& out) const;

  private:
    friend std::optional<Decimal> parse_decimal(std::string_view);
    friend std::optional<Decimal> parse_json_number(std::string_view);
    friend Decimal half_up(const Decimal&, unsigned);
    friend std::string to_text_fixed(const Decimal&, unsigned);

    constexpr Decimal(std::int64_t value, unsigned decimals)
        : coefficient_(value < 0 ? ~static_cast<std::uint64_t>(value) + 1
                                 : static_cast<std::uint64_t>(value)),
          decimals_(decimals),
          negative_(value < 0) {}

    Wide coefficient_;
    unsigned decimals_ = 0;
    bool negative_ = false;  // never with a zero coefficient
};

/// `-?digits[.digits]`, no leading zeros, at most 100 digits: "0.50", "-12". Absent: anything else,
/// also a sign +, an exponent, white space.
std::optional<Decimal> parse_decimal(std::string_view text);

/// The number grammar of JSON (RFC 8259), exponent included, read exactly; "1.50e1" has one
/// decimal. Absent: anything else, more than 100 digits, an exponent that leads beyond 100 decimals
/// or digits.
std::optional<Decimal> parse_json_number(std::string_view text);

std::string to_text(const Decimal& value);
/// Exactly `decimals` digits after the point; `value` has no more than that (trailing zeros aside).
std::string to_text_fixed(const Decimal& value, unsigned decimals);

/// Rounded to `decimals` places, a half away from zero. For amount.h; an exact amount is rounded
/// there and nowhere else.
Decimal half_up(const Decimal& value, unsigned decimals);

}  // namespace money
