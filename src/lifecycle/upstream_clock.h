// The one place where an instant of a gateway's clock is moved to the upstream's. Sessions are kept
// in upstream time, because their best evidence (created, modified, expiresAt) is; the fold moves
// what gateways saw once, here, and compares nothing that is on two clocks. Pure.
//
// The measure: an answer's Date field is the upstream's clock cut to whole seconds, read at some
// instant between the question and the answer. So upstream − gateway lies in
// [date − answered, date + 1 s − asked], and a run of such readings narrows it to what all allow.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "calendar/instant.h"

namespace lifecycle {

/// What to add to an instant of a gateway's clock, and by how much that may be wrong, to either
/// side. Uncertainty absent: no answer told a Date; the clocks are taken to agree.
struct ClockOffset {
    calendar::Duration shift;
    std::optional<calendar::Duration> uncertainty;
    friend bool operator==(const ClockOffset&, const ClockOffset&) = default;
};

/// Readings further apart than the gateway clock's full hours are not compared: no clock is trusted
/// to keep its pace for longer, and a fold that begins at a full hour finds what one that begins
/// earlier finds.
constexpr calendar::Duration clock_window = calendar::Duration::seconds(3'600);

/// The start of the window that `instant` is in.
calendar::Instant clock_window_start(calendar::Instant instant);

/// One gateway's clock against one upstream's.
class UpstreamClock {
  public:
    struct Reading {
        std::uint64_t sequence = 0;  // of the fact, which orders a gateway's readings even where
                                     // its clock was set back
        calendar::Instant asked;
        calendar::Instant answered;
        calendar::Instant date;
    };

    UpstreamClock() = default;
    /// In any order.
    explicit UpstreamClock(std::vector<Reading> readings);

    /// For what the gateway recorded as `sequence`: by the readings around it that agree with each
    /// other. Where these allow that the clocks agree, they are taken to (both are kept by NTP,
    /// which is better than a whole second), else it is the middle of what they allow. A reading
    /// that contradicts those before it (a clock was set) begins anew.
    ClockOffset at(std::uint64_t sequence) const;

  private:
    /// Readings in a row that agree: upstream − gateway is in [low, high].
    struct Stretch {
        std::uint64_t first = 0;
        calendar::Instant window;
        calendar::Duration low;
        calendar::Duration high;
    };
    std::vector<Stretch> stretches_;  // by first
};

/// For a single answer, by whoever has no more: the shift that makes least of the difference.
inline calendar::Duration shift_to_upstream(calendar::Instant answered,
                                            std::optional<calendar::Instant> date) {
    if (!date) return {};
    if (answered < *date) return *date - answered;
    const calendar::Instant last = *date + calendar::Duration{999'999};
    return answered > last ? last - answered : calendar::Duration{};
}

}  // namespace lifecycle
