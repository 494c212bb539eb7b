// Billing periods by name: a month, a day. When one starts, in which zone, zone.h knows.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace calendar {

/// "2026-10".
struct Month {
    std::int32_t year = 1970;
    std::int32_t month = 1;  // 1 to 12

    Month next() const { return month == 12 ? Month{year + 1, 1} : Month{year, month + 1}; }
    Month previous() const { return month == 1 ? Month{year - 1, 12} : Month{year, month - 1}; }
    friend auto operator<=>(const Month&, const Month&) = default;
};

/// "2026-10-05", of the proleptic Gregorian calendar.
struct Day {
    std::int32_t year = 1970;
    std::int32_t month = 1;
    std::int32_t day = 1;

    Day next() const;
    Month in_month() const { return {year, month}; }
    friend auto operator<=>(const Day&, const Day&) = default;
};

/// Days since 1970-01-01, and back.
std::int64_t days_from_epoch(Day day);
Day day_from_epoch(std::int64_t days);
inline std::int64_t first_day_from_epoch(Month month) {
    return days_from_epoch({month.year, month.month, 1});
}
inline std::int64_t first_day_from_epoch(Day day) {
    return days_from_epoch(day);
}

/// Exactly "YYYY-MM", month 01 to 12.
std::optional<Month> parse_month(std::string_view text);
/// Exactly "YYYY-MM-DD", a day that exists.
std::optional<Day> parse_day(std::string_view text);

std::string to_text(Month month);
std::string to_text(Day day);

}  // namespace calendar
