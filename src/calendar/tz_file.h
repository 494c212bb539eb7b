// Reads the system's compiled zone files (TZif, RFC 8536). Why not the date library's: it knows
// nothing of the rule in a file's footer, so every zone would lose its summer time after 2037, or
// after 2007 where the files are written "slim".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace calendar {

/// From `at` (seconds since 1970, UTC) on the local clock is UTC + `offset` seconds.
struct Transition {
    std::int64_t at = 0;
    std::int32_t offset = 0;
};

/// All transitions of a zone until `last_year` inclusive, in order; the first of them lies before
/// year 0. Absent: the bytes are no TZif file of version 2 or later, or are damaged.
std::optional<std::vector<Transition>> parse_tz_file(std::string_view bytes, int last_year);

/// The rule of a footer, a POSIX TZ string with RFC 8536's extension ("<-02>2<-01>,M3.5.0/-1,…").
class FooterRule {
  public:
    static std::optional<FooterRule> parse(std::string_view text);

    std::int32_t standard_offset() const { return standard_; }
    /// The transitions of one year in order; none where there is no summer time.
    std::vector<Transition> transitions(int year) const;

  private:
    /// When the clock changes: a day of the year in one of three notations, and a time of that day.
    struct Change {
        enum class Kind { month_week_day, julian_without_leap_day, zero_based } kind;
        int month = 0, week = 0, day = 0;
        std::int32_t time = 2 * 3600;  // local time before the change, may leave the day
    };
    friend class FooterReader;
    static std::int64_t day_of(const Change& change, int year);  // since 1970

    std::int32_t standard_ = 0;
    std::int32_t summer_ = 0;
    std::optional<Change> to_summer_;
    std::optional<Change> to_standard_;
};

}  // namespace calendar
