#include "calendar/instant.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace calendar {
namespace {

constexpr std::int64_t micros_per_second = 1'000'000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Reads exactly `count` digits at `at`, moving past them; -1 when they are not there.
int take_digits(std::string_view text, std::size_t& at, std::size_t count) {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (std::size_t end = at + count; at < end; ++at) {
        if (!is_digit(text[at])) return -1;
        value = value * 10 + (text[at] - '0');
    }
    return value;
}

bool take(std::string_view text, std::size_t& at, char wanted) {
    if (at >= text.size() || text[at] != wanted) return false;
    ++at;
    return true;
}

bool take_either(std::string_view text, std::size_t& at, char one, char other) {
    return take(text, at, one) || take(text, at, other);
}

std::optional<std::int64_t> take_fraction(std::string_view text, std::size_t& at) {
    if (!take(text, at, '.')) return 0;
    std::int64_t value = 0;
    int digits = 0;
    for (; at < text.size() && is_digit(text[at]); ++at, ++digits) {
        if (digits == 6) return std::nullopt;
        value = value * 10 + (text[at] - '0');
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 6; ++digits) value *= 10;
    return value;
}

/// The offset's minutes: local minus UTC.
std::optional<int> take_offset(std::string_view text, std::size_t& at) {
    if (take_either(text, at, 'Z', 'z')) return 0;
    const bool west = at < text.size() && text[at] == '-';
    if (!take_either(text, at, '+', '-')) return std::nullopt;
    const int hours = take_digits(text, at, 2);
    if (hours < 0 || hours > 23 || !take(text, at, ':')) return std::nullopt;
    const int minutes = take_digits(text, at, 2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    return (west ? -1 : 1) * (hours * 60 + minutes);
}

struct Broken {
    std::chrono::year_month_day date;
    std::int64_t seconds_of_day;
    std::int64_t micros;
};

Broken break_up(Instant instant) {
    const std::chrono::microseconds since_epoch(instant.micros);
    const auto days = std::chrono::floor<std::chrono::days>(since_epoch);
    const auto of_day = since_epoch - days;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(of_day);
    return {std::chrono::year_month_day(std::chrono::sys_days(days)), seconds.count(),
            (of_day - seconds).count()};
}

std::string date_and_time(const Broken& broken) {
    std::array<char, 48> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
        static_cast<int>(broken.date.year()), static_cast<unsigned>(broken.date.month()),
        static_cast<unsigned>(broken.date.day()), static_cast<int>(broken.seconds_of_day / 3600),
        static_cast<int>(broken.seconds_of_day / 60 % 60),
        static_cast<int>(broken.seconds_of_day % 60));
    return std::string(text.data(), static_cast<std::size_t>(length));
}

std::string padded(std::int64_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    return std::string(width - digits.size(), '0') + digits;
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
    std::size_t at = 0;
    const int year = take_digits(text, at, 4);
    if (year < 0 || !take(text, at, '-')) return std::nullopt;
    const int month = take_digits(text, at, 2);
    if (month < 0 || !take(text, at, '-')) return std::nullopt;
    const int day = take_digits(text, at, 2);
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (day < 0 || !date.ok() || !take_either(text, at, 'T', 't')) return std::nullopt;
    const int hour = take_digits(text, at, 2);
    if (hour < 0 || hour > 23 || !take(text, at, ':')) return std::nullopt;
    const int minute = take_digits(text, at, 2);
    if (minute < 0 || minute > 59 || !take(text, at, ':')) return std::nullopt;
    const int second = take_digits(text, at, 2);
    if (second < 0 || second > 59) return std::nullopt;
    const auto fraction = take_fraction(text, at);
    if (!fraction) return std::nullopt;
    const auto offset = take_offset(text, at);
    if (!offset || at != text.size()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t minutes = (days * 24 + hour) * 60 + minute - *offset;
    const Instant instant{(minutes * 60 + second) * micros_per_second + *fraction};
    if (instant < earliest_instant || instant > latest_instant) return std::nullopt;
    return instant;
}

std::string to_text(Instant instant) {
    const Broken broken = break_up(instant);
    std::string text = date_and_time(broken);
    if (broken.micros != 0) {
        std::string fraction = padded(broken.micros, 6);
        fraction.erase(fraction.find_last_not_of('0') + 1);
        text += "." + fraction;
    }
    return text + "Z";
}

std::string to_text_milliseconds(Instant instant) {
    const Broken broken = break_up(instant);
    return date_and_time(broken) + "." + padded(broken.micros / 1000, 3) + "Z";
}

}  // namespace calendar
