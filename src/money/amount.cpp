#include "money/amount.h"

#include <stdexcept>

namespace money {
namespace {

void require_same(Currency a, Currency b) {
    if (a == b) return;
    throw std::invalid_argument("sum of " + std::string(a.code()) + " and " +
                                std::string(b.code()));
}

}  // namespace

Amount& Amount::operator+=(const Amount& other) {
    require_same(currency_, other.currency_);
    value_ += other.value_;
    return *this;
}

Payable& Payable::operator+=(const Payable& other) {
    require_same(currency_, other.currency_);
    value_ += other.value_;
    return *this;
}

std::optional<Payable> Payable::parse(std::string_view text, Currency currency) {
    const auto value = parse_decimal(text);
    if (!value || value->decimals() > currency.minor_units()) return {};
    return Payable(*value, currency);
}

Payable round_to_payable(const Amount& amount, Rounding rounding) {
    switch (rounding) {
        case Rounding::half_up:
            return Payable(half_up(amount.value(), amount.currency().minor_units()),
                           amount.currency());
    }
    throw std::invalid_argument("a rounding that does not exist");
}

std::string to_text(const Payable& payable) {
    return to_text_fixed(payable.value(), payable.currency().minor_units());
}

}  // namespace money
