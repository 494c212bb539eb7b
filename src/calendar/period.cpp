#include "calendar/period.h"

#include <chrono>

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

void append_two(std::string& text, std::int32_t value) {
    text += static_cast<char>('0' + value / 10);
    text += static_cast<char>('0' + value % 10);
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
    std::string text = std::to_string(month.year);
    text.insert(0, text.size() < 4 ? 4 - text.size() : 0, '0');
    text += '-';
    append_two(text, month.month);
    return text;
}

std::string to_text(Day day) {
    std::string text = to_text(day.in_month());
    text += '-';
    append_two(text, day.day);
    return text;
}

}  // namespace calendar
