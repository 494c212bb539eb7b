#include "calendar/zone.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "calendar/tz_file.h"

namespace calendar {

struct Zone::Rules {
    std::string name;
    std::vector<Transition> transitions;  // never empty; the first lies before all time
};

namespace {

constexpr const char* database = "/usr/share/zoneinfo/";
constexpr int last_year = 10'000;  // an instant's last, and one for offsets
constexpr std::int64_t seconds_per_day = 86'400;
// No local clock was ever further than this from UTC.
constexpr std::int64_t widest_offset = 2 * seconds_per_day;

std::int64_t floor_seconds(Instant instant) {
    const std::int64_t seconds = instant.micros / 1'000'000;
    return instant.micros % 1'000'000 < 0 ? seconds - 1 : seconds;
}

std::int64_t floor_days(std::int64_t seconds) {
    const std::int64_t days = seconds / seconds_per_day;
    return seconds % seconds_per_day < 0 ? days - 1 : days;
}

/// The transition in force at `seconds`.
std::vector<Transition>::const_iterator in_force(const std::vector<Transition>& transitions,
                                                 std::int64_t seconds) {
    const auto after =
        std::upper_bound(transitions.begin(), transitions.end(), seconds,
                         [](std::int64_t at, const Transition& t) { return at < t.at; });
    return after == transitions.begin() ? after : std::prev(after);
}

/// Names are paths in the database, so they may not lead out of it. The folders posix/ and right/
/// hold the same zones twice more (the latter with leap seconds), localtime is whatever this
/// machine was set to: none of them names one zone.
bool is_zone_name(std::string_view name) {
    if (name.empty() || name.size() > 100 || name.front() == '/' || name.back() == '/')
        return false;
    if (name == "localtime" || name.starts_with("posix") || name.starts_with("right/"))
        return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '/' || c == '_' || c == '-' || c == '+';
    });
}

}  // namespace

Zone Zone::utc() {
    static const auto rules = std::make_shared<const Rules>(
        Rules{"UTC", {{std::numeric_limits<std::int64_t>::min() / 2, 0}}});
    return Zone(rules);
}

std::optional<Zone> find_zone(std::string_view name) {
    if (name == "UTC") return Zone::utc();
    if (!is_zone_name(name)) return {};
    std::ifstream file(database + std::string(name), std::ios::binary);
    std::ostringstream read;
    read << file.rdbuf();  // nothing of a folder, or of what is not there
    const std::string bytes = read.str();
    if (!bytes.starts_with("TZif")) return {};
    auto transitions = parse_tz_file(bytes, last_year);
    if (!transitions)
        throw std::runtime_error("damaged zone file " + (database + std::string(name)));
    return Zone(std::make_shared<const Zone::Rules>(
        Zone::Rules{std::string(name), std::move(*transitions)}));
}

const std::string& Zone::name() const {
    return rules_->name;
}

Duration Zone::offset_at(Instant instant) const {
    return Duration::seconds(in_force(rules_->transitions, floor_seconds(instant))->offset);
}

Instant Zone::earliest_reading(std::int64_t local_seconds) const {
    const auto& transitions = rules_->transitions;
    auto interval = in_force(transitions, local_seconds - widest_offset);
    for (;; ++interval) {
        const std::int64_t reached = std::max(interval->at, local_seconds - interval->offset);
        const auto next = std::next(interval);
        if (next == transitions.end() || reached < next->at) return {reached * 1'000'000};
    }
}

Instant Zone::start_of(Month month) const {
    return earliest_reading(first_day_from_epoch(month) * seconds_per_day);
}

Instant Zone::start_of(Day day) const {
    return earliest_reading(days_from_epoch(day) * seconds_per_day);
}

Month Zone::month_at(Instant instant) const {
    const std::int64_t local = floor_seconds(instant) + offset_at(instant).micros / 1'000'000;
    Month month = day_from_epoch(floor_days(local)).in_month();
    // The local clock may have gone back over a start: then the later period goes on.
    while (start_of(month.next()) <= instant) month = month.next();
    return month;
}

Day Zone::day_at(Instant instant) const {
    const std::int64_t local = floor_seconds(instant) + offset_at(instant).micros / 1'000'000;
    Day day = day_from_epoch(floor_days(local));
    while (start_of(day.next()) <= instant) day = day.next();
    return day;
}

}  // namespace calendar
