// Currencies: the active codes of ISO 4217 that have minor units. Funds and metals without them
// (XAU, XDR, …) cannot be on an invoice and are not here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace money {

class Currency {
  public:
    /// Three capital letters.
    std::string_view code() const;
    /// Digits after the point of a payable amount: 2 for USD, 0 for JPY, 3 for KWD.
    unsigned minor_units() const;

    friend bool operator==(Currency, Currency) = default;

  private:
    friend std::optional<Currency> find_currency(std::string_view);
    explicit constexpr Currency(std::uint8_t row) : row_(row) {}
    std::uint8_t row_;  // in the table of currency.cpp
};

/// Absent: not an active code, or not in capitals.
std::optional<Currency> find_currency(std::string_view code);

}  // namespace money
