#include "lifecycle/upstream_clock.h"

#include <algorithm>
#include <tuple>

namespace lifecycle {

using calendar::Duration;
using calendar::Instant;

Instant clock_window_start(Instant instant) {
    const std::int64_t rest = instant.micros % clock_window.micros;
    return {instant.micros - (rest < 0 ? rest + clock_window.micros : rest)};
}

UpstreamClock::UpstreamClock(std::vector<Reading> readings) {
    const auto order = [](const Reading& reading) {
        return std::tie(reading.sequence, reading.answered, reading.asked, reading.date);
    };
    std::sort(readings.begin(), readings.end(),
              [&](const Reading& a, const Reading& b) { return order(a) < order(b); });
    for (const Reading& reading : readings) {
        const Instant window = clock_window_start(reading.answered);
        const Duration low = reading.date - reading.answered;
        // A question that left after its answer came: its clock was set meanwhile.
        const Instant asked = std::min(reading.asked, reading.answered);
        const Duration high = reading.date - asked + Duration{999'999};
        if (!stretches_.empty() && stretches_.back().window == window) {
            Stretch& last = stretches_.back();
            const Duration both_low = std::max(last.low, low);
            const Duration both_high = std::min(last.high, high);
            if (both_low <= both_high) {
                last.low = both_low;
                last.high = both_high;
                continue;
            }
        }
        stretches_.push_back({reading.sequence, window, low, high});
    }
}

ClockOffset UpstreamClock::at(std::uint64_t sequence) const {
    if (stretches_.empty()) return {};
    const auto after = std::upper_bound(
        stretches_.begin(), stretches_.end(), sequence,
        [](std::uint64_t number, const Stretch& stretch) { return number < stretch.first; });
    const Stretch& stretch = after == stretches_.begin() ? *after : *std::prev(after);
    const Duration zero{};
    if (stretch.low <= zero && zero <= stretch.high)
        return {zero, std::max(zero - stretch.low, stretch.high)};
    const Duration half{(stretch.high.micros - stretch.low.micros + 1) / 2};
    return {stretch.low + half, half};
}

}  // namespace lifecycle
