// Which instances began, and which load began which: the first half of the fold. Ours to fold.cpp.
#pragma once

#include <optional>
#include <vector>

#include "lifecycle/evidence.h"

namespace lifecycle {

/// The beginning of one session.
struct Opening {
    const Load* load = nullptr;                // null: discovered
    const Observation* found = nullptr;        // of a discovered one, the first look at it
    std::optional<calendar::Instant> created;  // its instance, once seen
    calendar::Instant loaded_at;               // what was asked before is not about it
    bool is_rival = false;                     // another account's (fold.h): ours ends there
};

/// How far `created` lies outside the time between an accepted load's departure and its answer.
/// Absent: so far that the load did not begin it.
std::optional<calendar::Duration> distance_from_load(calendar::Instant created,
                                                     calendar::Instant sent,
                                                     calendar::Instant answered);

/// In order of loaded_at. Each accepted load opens, but one that proved to have started nothing; a
/// load of unknown outcome opens when an instance was created in its window; an instance that was
/// seen RUNNING and that no load explains was started elsewhere.
std::vector<Opening> find_openings(const Evidence& evidence);

}  // namespace lifecycle
