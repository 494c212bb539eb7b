#include "calendar/period.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace calendar {
namespace {

std::chrono::year_month_day to_chrono(Day day) {
    return {std::chrono::year(day.year), std::chrono::month(static_cast<unsigned>(day.month)),
            std::chrono::day(static_cast<unsigned>(day.day))};
}

/// The digits of `text`, all of it; -1 when there is anything else.
int digits(std::string_view text) {
    int value = 0;
    for (char c : text) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

}  // namespace

Day Day::next() const {
    return day_from_epoch(days_from_epoch(*this) + 1);
}

std::int64_t days_from_epoch(Day day) {
    return std::chrono::sys_days(to_chrono(day)).time_since_epoch().count();
}

Day day_from_epoch(std::int64_t days) {
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
    return {static_cast<int>(date.year()), static_cast<std::int32_t>(unsigned(date.month())),
            static_cast<std::int32_t>(unsigned(date.day()))};
}

std::optional<Month> parse_month(std::string_view text) {
    if (text.size() != 7 || text[4] != '-') return {};
    const int year = digits(text.substr(0, 4));
    const int month = digits(text.substr(5, 2));
    if (year < 0 || month < 1 || month > 12) return {};
    return Month{year, month};
}

std::optional<Day> parse_day(std::string_view text) {
    if (text.size() != 10 || text[7] != '-') return {};
    const auto month = parse_month(text.substr(0, 7));
    const int day = digits(text.substr(8, 2));
    if (!month || day < 1) return {};
    const Day result{month->year, month->month, day};
    if (!to_chrono(result).ok()) return {};
    return result;
}

std::string to_text(Month month) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d", month.year, month.month);
    return text.data();
}

std::string to_text(Day day) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02d", day.year, day.month, day.day);
    return text.data();
}

}  // namespace calendar
