// Time zones of the system's tz database: where a month and a day start. A period starts at the
// earliest instant at which the local clock reads its first day, 00:00, or later (metering.md,
// rule 5): a skipped midnight starts it at the transition, a doubled one at the first.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "calendar/instant.h"
#include "calendar/period.h"

namespace calendar {

/// A value, cheap to copy, safe to share between threads.
class Zone {
  public:
    static Zone utc();

    const std::string& name() const;
    /// Local clock minus UTC.
    Duration offset_at(Instant instant) const;

    Instant start_of(Month month) const;
    Instant start_of(Day day) const;
    /// The period that has started last: start_of(p) ≤ instant < start_of(p.next()). A day that the
    /// zone skipped has no instant.
    Month month_at(Instant instant) const;
    Day day_at(Instant instant) const;

    struct Rules;

  private:
    friend std::optional<Zone> find_zone(std::string_view);
    explicit Zone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}
    /// The earliest instant at which the local clock reads `local` (seconds since its 1970) or
    /// later.
    Instant earliest_reading(std::int64_t local_seconds) const;

    std::shared_ptr<const Rules> rules_;
};

/// By name, exactly as in the tz database: "Europe/Berlin", "UTC". Absent: there is none. Throws
/// std::runtime_error when the database's file for it is damaged.
std::optional<Zone> find_zone(std::string_view name);

}  // namespace calendar
