#include "watcher/schedule.h"

#include <algorithm>

namespace watcher {
namespace {

using calendar::Duration;
using calendar::Instant;

/// By how much an instant that is moved by one answer's Date may be wrong.
constexpr Duration clock_slack = Duration::seconds(5);

/// FAILED is sticky until the next load: one from before it says nothing. Absent: it can't be told.
std::optional<bool> is_stale(const Known& known, const Look& look) {
    if (look.created && known.created == look.created) return false;
    // It may have ended in the moment between the load's departure and its arrival.
    if (look.created && known.created && *look.created < *known.created) return true;
    if (look.born && *look.born < known.since - clock_slack) return true;
    if (look.modified) return *look.modified < known.since;
    return std::nullopt;
}

void enter(Known& known, Known::Phase phase) {
    if (known.phase != phase) known.looks = 0;
    known.phase = phase;
}

void heed_alive(Known& known, const Look& look) {
    if (look.created) known.created = look.created;
    enter(known, look.kind == Look::Kind::running ? Known::Phase::running : Known::Phase::booting);
    known.expires_at = look.kind == Look::Kind::running ? look.expires_at : std::nullopt;
    known.denials = 0;
    known.deleted = false;
}

Verdict heed_denial(Known& known, Instant at) {
    ++known.denials;
    if (known.deleted) return Verdict::over;
    if (known.phase == Known::Phase::doubtful && at < known.since + doubt_limit)
        return Verdict::keep;
    return known.denials >= denials_needed ? Verdict::over : Verdict::keep;
}

Duration doubled(Duration first, int times, Duration most) {
    for (; times > 0 && first < most; --times) first.micros *= 2;
    return std::min(first, most);
}

Duration while_booting(const Known& known, const Pace& pace) {
    const Duration slower{pace.interval.micros + pace.interval.micros / 4 * known.looks};
    return std::min(slower, pace.boot_slowest());
}

Duration while_running(const Known& known, Instant now, const Pace& pace) {
    if (!known.expires_at) return pace.heartbeat();
    if (now < *known.expires_at) return std::min(pace.heartbeat(), *known.expires_at - now);
    return now < *known.expires_at + shutdown_grace ? pace.interval : pace.heartbeat();
}

}  // namespace

Verdict heed(Known& known, const Look& look) {
    if (look.kind == Look::Kind::unanswered) {
        ++known.silences;
        return look.at - known.last_answer < silence_limit ? Verdict::keep : Verdict::over;
    }
    known.silences = 0;
    known.last_answer = look.at;
    known.looks = std::min(known.looks + 1, 1000);
    if (look.kind == Look::Kind::absent) return heed_denial(known, look.at);
    if (look.kind != Look::Kind::terminal) {
        heed_alive(known, look);
        return Verdict::keep;
    }
    const auto stale = is_stale(known, look);
    if (!stale) return heed_denial(known, look.at);
    if (!*stale) return Verdict::over;
    // For a moment after the load; later, or where it is unknown whether anything started, that it
    // is all the upstream knows is a denial.
    const bool recent = look.at < known.since + doubt_limit;
    return recent && known.phase != Known::Phase::doubtful ? Verdict::keep
                                                           : heed_denial(known, look.at);
}

Instant next_question(const Known& known, Instant now, const Pace& pace) {
    Duration wait = known.phase == Known::Phase::running ? while_running(known, now, pace)
                                                         : while_booting(known, pace);
    if (known.deleted) wait = std::min(wait, pace.interval);
    // A denial is to be confirmed soon, not a heartbeat later.
    if (known.denials > 0) wait = std::min(wait, pace.times(2 * known.denials));
    if (known.silences > 0)
        wait = std::max(wait, doubled(pace.interval, known.silences, pace.silent_slowest()));
    return now + wait;
}

}  // namespace watcher
