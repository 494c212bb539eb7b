// Invoice numbers: the issuer's series, the year of issue, a counter without gaps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace invoicing {

/// One counter belongs to one series and year.
struct Number {
    std::string series = {};   // 1 to 16 of A–Z, 0–9 and inner hyphens
    int year = 0;              // of the instant of issue, UTC; 4 digits
    std::int64_t counter = 0;  // from 1

    friend bool operator==(const Number&, const Number&) = default;
};

/// Whether `series` may stand in a number.
bool is_series(std::string_view series);

/// `TG-2026-000001`; a counter beyond six digits takes more.
std::string to_text(const Number& number);

/// Absent: not of that form. A series may hold hyphens itself: the last two parts count.
std::optional<Number> parse_number(std::string_view text);

}  // namespace invoicing
