// Invoice numbers: the issuer's series, the year of issue, a counter without gaps, and how the
// three are written. A number is found by its text as it was written, never read back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace invoicing {

/// One counter belongs to one series and year.
struct Number {
    std::string series = {};   // 1 to 16 of A–Z, 0–9 and inner hyphens
    int year = 0;              // of the instant of issue, UTC; 4 digits
    std::int64_t counter = 0;  // from 1
};

/// Whether `series` may stand in a number.
bool is_series(std::string_view series);

/// `TG-2026-000001`; a counter beyond its width takes more.
inline constexpr std::string_view default_number_format = "{series}-{year}-{counter:6}";

/// What is wrong with a format, a sentence's rest; empty: nothing. It holds {year} and {counter:N}
/// (N: least digits, 1 to 12; {counter} is {counter:1}) once and {series} at most once; the rest
/// stands as it is: letters, digits and - / . _, not a hyphen in front (a number is an argument of
/// commands), 60 characters in all.
std::string find_number_format_fault(std::string_view format);

/// Throws std::invalid_argument for a format with a fault.
std::string to_text(const Number& number, std::string_view format);

}  // namespace invoicing
