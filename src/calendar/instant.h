// An instant: microseconds since 1970-01-01T00:00:00Z, and its one text form. Owns reading and
// writing RFC 3339; knows nothing of zones and months (zone.h, period.h) or of what time it is now.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace calendar {

/// A length of time, microseconds, signed.
struct Duration {
    std::int64_t micros = 0;

    static constexpr Duration seconds(std::int64_t s) { return {s * 1'000'000}; }
    static constexpr Duration milliseconds(std::int64_t ms) { return {ms * 1'000}; }
    static constexpr Duration seconds(std::floating_point auto) = delete;
    static constexpr Duration milliseconds(std::floating_point auto) = delete;
    friend constexpr auto operator<=>(Duration, Duration) = default;
    friend constexpr Duration operator+(Duration a, Duration b) { return {a.micros + b.micros}; }
    friend constexpr Duration operator-(Duration a, Duration b) { return {a.micros - b.micros}; }
};

/// A point on the UTC line, microseconds since the Unix epoch, from year 0000 to 9999.
struct Instant {
    std::int64_t micros = 0;

    friend constexpr auto operator<=>(Instant, Instant) = default;
    friend constexpr Instant operator+(Instant t, Duration d) { return {t.micros + d.micros}; }
    friend constexpr Instant operator-(Instant t, Duration d) { return {t.micros - d.micros}; }
    friend constexpr Duration operator-(Instant a, Instant b) { return {a.micros - b.micros}; }
};

/// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z: what the text form can hold.
inline constexpr Instant earliest_instant{-62'167'219'200'000'000};
inline constexpr Instant latest_instant{253'402'300'799'999'999};

/// Reads RFC 3339 as metering.md narrows it: `T` and `Z` in either case, 0 to 6 fraction digits,
/// `Z` or an offset. Absent: anything else (7 digits, second 60, hour 24, no offset, a space for
/// T), and what lies outside years 0000 to 9999 in UTC.
std::optional<Instant> parse_instant(std::string_view text);

/// UTC with `Z`, a fraction without trailing zeros, none where it is zero:
/// `2026-10-05T10:00:00.5Z`.
std::string to_text(Instant instant);
void append_text(std::string& out, Instant instant);

/// UTC with exactly three fraction digits and `Z`, as the model API prints instants; truncated.
std::string to_text_milliseconds(Instant instant);

}  // namespace calendar
