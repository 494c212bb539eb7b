#include "calendar/instant.h"

#include <array>
#include <chrono>

namespace calendar {
namespace {

constexpr std::int64_t micros_per_second = 1'000'000;

/// Reads a text of fixed columns; what is not as it should be is remembered, and asked for once.
class Columns {
  public:
    explicit Columns(std::string_view text) : text_(text) {}

    int digits(std::size_t at, std::size_t count) {
        unsigned value = 0;
        for (std::size_t i = at; i < at + count; ++i) value = value * 10 + digit(text_[i]);
        return static_cast<int>(value);
    }
    void expect(std::size_t at, char one, char other) {
        bad_ |= text_[at] != one && text_[at] != other;
    }
    bool bad() const { return bad_; }

  private:
    unsigned digit(char c) {
        const auto value = static_cast<unsigned>(c - '0');
        bad_ |= value > 9;
        return value;
    }

    std::string_view text_;
    bool bad_ = false;
};

// "2026-10-05T10:00:00", then a fraction if any, then Z or "+05:30".
constexpr std::size_t whole_second_size = 19;

/// Takes ".5" off the front, as microseconds.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
    if (!text.starts_with('.')) return 0;
    std::int64_t value = 0;
    std::size_t at = 1;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
        if (at > 6) return std::nullopt;
        value = value * 10 + (text[at] - '0');
    }
    if (at == 1) return std::nullopt;
    for (std::size_t missing = at; missing < 7; ++missing) value *= 10;
    text.remove_prefix(at);
    return value;
}

/// The whole text as an offset's minutes, local minus UTC.
std::optional<int> parse_offset(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.size() != 6) return std::nullopt;
    Columns columns(text);
    columns.expect(0, '+', '-');
    columns.expect(3, ':', ':');
    const int hours = columns.digits(1, 2);
    const int minutes = columns.digits(4, 2);
    if (columns.bad() || hours > 23 || minutes > 59) return std::nullopt;
    return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
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
    if (text.size() <= whole_second_size) return std::nullopt;
    Columns columns(text);
    const int year = columns.digits(0, 4);
    columns.expect(4, '-', '-');
    const int month = columns.digits(5, 2);
    columns.expect(7, '-', '-');
    const int day = columns.digits(8, 2);
    columns.expect(10, 'T', 't');
    const int hour = columns.digits(11, 2);
    columns.expect(13, ':', ':');
    const int minute = columns.digits(14, 2);
    columns.expect(16, ':', ':');
    const int second = columns.digits(17, 2);
    if (columns.bad() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    text.remove_prefix(whole_second_size);
    const auto fraction = take_fraction(text);
    const auto offset = parse_offset(text);
    if (!fraction || !offset) return std::nullopt;
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
