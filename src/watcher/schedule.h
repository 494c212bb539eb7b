// When to ask the upstream of an instance, and when it is over: pure, one instance at a time. The
// thread that asks is watcher.h, what is worth a fact is recorder.h.
//
// While booting every few seconds, a little slower each time; once RUNNING a slow heartbeat and the
// instant at which it expires; past that every few seconds until the grace is over; after a load of
// unknown outcome at once; soon after a delete, which one denial confirms: its own fact may be lost
// with the process, or find no room in the journal. What gets no answer is asked ever more rarely,
// never given up on account of silence: only the upstream's denial is a denial.
#pragma once

#include <optional>

#include "calendar/instant.h"

namespace watcher {

/// All from one number, `upstream.watch_interval_seconds`, so that tests can be quick.
struct Pace {
    calendar::Duration interval = calendar::Duration::seconds(2);  // at first, and around expiry

    calendar::Duration boot_slowest() const { return times(5); }      // 10 s
    calendar::Duration heartbeat() const { return times(30); }        // a minute
    calendar::Duration silent_slowest() const { return times(150); }  // 5 minutes
    calendar::Duration times(std::int64_t factor) const { return {interval.micros * factor}; }
};

/// How long after its expiry an instance may still shut down (the API document).
constexpr calendar::Duration shutdown_grace = calendar::Duration::seconds(120);
/// How long a load of unknown outcome may still turn out to have started something.
constexpr calendar::Duration doubt_limit = calendar::Duration::seconds(60);
/// Denials in a row after which it is believed: one alone may be a replica that lags.
constexpr int denials_needed = 3;
/// An instance of which nothing was heard for so long is no longer asked about.
constexpr calendar::Duration silence_limit = calendar::Duration::seconds(7 * 24 * 3600);

/// What one question brought. Instants on the gateway's clock.
struct Look {
    enum class Kind {
        booting,
        running,
        terminal,    // FAILED or STOPPED
        absent,      // the upstream denied that it is loaded
        unanswered,  // no answer, or one that says nothing of the instance
    };
    Kind kind = Kind::unanswered;
    calendar::Instant at;                         // when the answer came
    std::optional<calendar::Instant> created;     // upstream clock: an identity
    std::optional<calendar::Instant> born;        // the same, moved to the gateway's clock
    std::optional<calendar::Instant> modified;    // moved to the gateway's clock
    std::optional<calendar::Instant> expires_at;  // moved to the gateway's clock
};

/// What is known of one watched instance. Gateway clock, but for `created`.
struct Known {
    enum class Phase { doubtful, booting, running };
    Phase phase = Phase::booting;
    calendar::Instant since;  // the load left, or the instance was found
    std::optional<calendar::Instant> created;
    std::optional<calendar::Instant> expires_at;
    calendar::Instant last_answer;  // any that says something of it; at first `since`
    int looks = 0;                  // in this phase
    int denials = 0;                // in a row
    int silences = 0;               // in a row
    bool deleted = false;           // a delete was answered since it was last seen alive
};

enum class Verdict { keep, over };

/// Takes a look into account. `over`: nothing more is to be asked.
[[nodiscard]] Verdict heed(Known& known, const Look& look);

/// When to ask next, seen from `now`, the end of the last question.
calendar::Instant next_question(const Known& known, calendar::Instant now, const Pace& pace);

}  // namespace watcher
