#include "calendar/instant.h"

#include <array>
#include <chrono>

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

/// Writes exactly `width` digits.
char* write_digits(char* at, std::int64_t value, int width) {
    for (int i = width; i-- > 0; value /= 10) at[i] = static_cast<char>('0' + value % 10);
    return at + width;
}

/// Room for "2026-10-05T10:00:00.123456Z".
using Text = std::array<char, 27>;

/// Up to the whole second. Returns the end.
char* write_date_and_time(char* at, const Broken& broken) {
    at = write_digits(at, static_cast<int>(broken.date.year()), 4);
    *at++ = '-';
    at = write_digits(at, static_cast<unsigned>(broken.date.month()), 2);
    *at++ = '-';
    at = write_digits(at, static_cast<unsigned>(broken.date.day()), 2);
    *at++ = 'T';
    const auto seconds = static_cast<int>(broken.seconds_of_day);
    at = write_digits(at, seconds / 3600, 2);
    *at++ = ':';
    at = write_digits(at, seconds / 60 % 60, 2);
    *at++ = ':';
    return write_digits(at, seconds % 60, 2);
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

void append_text(std::string& out, Instant instant) {
    const Broken broken = break_up(instant);
    Text text;
    char* at = write_date_and_time(text.data(), broken);
    if (broken.micros != 0) {
        *at++ = '.';
        at = write_digits(at, broken.micros, 6);
        while (at[-1] == '0') --at;
    }
    *at++ = 'Z';
    out.append(text.data(), at);
}

std::string to_text(Instant instant) {
    std::string text;
    append_text(text, instant);
    return text;
}

std::string to_text_milliseconds(Instant instant) {
    const Broken broken = break_up(instant);
    Text text;
    char* at = write_date_and_time(text.data(), broken);
    *at++ = '.';
    at = write_digits(at, broken.micros / 1000, 3);
    *at++ = 'Z';
    return std::string(text.data(), at);
}

}  // namespace calendar
