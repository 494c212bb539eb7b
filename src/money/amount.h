// Money. An Amount is exact, to the last digit a product has; a Payable is what can be paid: whole
// minor units. They are different types and meet in `round_to_payable`, which wants its rounding
// named; there is no other way from one to the other and no default.
#pragma once

#include <compare>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "money/currency.h"
#include "money/decimal.h"

namespace money {

enum class Rounding {
    half_up,  // to the nearest minor unit, a half away from zero
};

/// Exact, signed. Adding two currencies throws std::invalid_argument: it is a fault of the caller.
class Amount {
  public:
    Amount(Decimal value, Currency currency) : value_(value), currency_(currency) {}
    template <std::floating_point Float>
    Amount(Float, Currency) = delete;
    static Amount zero(Currency currency) { return Amount(Decimal(), currency); }

    const Decimal& value() const { return value_; }
    Currency currency() const { return currency_; }

    Amount& operator+=(const Amount& other);
    friend Amount operator+(Amount a, const Amount& b) { return a += b; }
    friend Amount operator-(Amount a, const Amount& b) { return a += -b; }
    Amount operator-() const { return Amount(-value_, currency_); }
    friend Amount operator*(const Amount& a, const Decimal& factor) {
        return Amount(a.value_ * factor, a.currency_);
    }
    /// Of different currencies: not equal.
    friend bool operator==(const Amount&, const Amount&) = default;

  private:
    Decimal value_;
    Currency currency_;
};

/// Whole minor units, signed.
class Payable {
  public:
    static Payable zero(Currency currency) { return Payable(Decimal(), currency); }
    /// Reads "12.30"; absent when it is no plain decimal or finer than the currency's minor unit.
    static std::optional<Payable> parse(std::string_view text, Currency currency);

    /// In major units: 12.3 for twelve dollars and thirty cents.
    const Decimal& value() const { return value_; }
    Currency currency() const { return currency_; }

    Payable& operator+=(const Payable& other);  // throws as Amount's does
    friend Payable operator+(Payable a, const Payable& b) { return a += b; }
    friend Payable operator-(Payable a, const Payable& b) { return a += -b; }
    Payable operator-() const { return Payable(-value_, currency_); }
    friend bool operator==(const Payable&, const Payable&) = default;

  private:
    friend Payable round_to_payable(const Amount&, Rounding);
    Payable(Decimal value, Currency currency) : value_(value), currency_(currency) {}
    Decimal value_;  // a multiple of the minor unit
    Currency currency_;
};

/// The one place where money is rounded.
Payable round_to_payable(const Amount& amount, Rounding rounding);

/// All minor units shown: "12.30", "-0.05", "7" in JPY.
std::string to_text(const Payable& payable);

}  // namespace money
