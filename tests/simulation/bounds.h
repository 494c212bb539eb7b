// The auditor's arithmetic of time: how many seconds of a life may be billed, given what was seen
// of it (auditor.h says by which rules). The auditor's own, beside auditor.cpp.
#pragma once

#include "simulation/auditor.h"

namespace simulation {

/// Billable seconds at least and at most; absent: nothing.
struct Bounds {
    std::optional<std::int64_t> low;
    std::optional<std::int64_t> high;
    std::string text;  // the instants between which it was reckoned
};

Bounds find_bounds(const Truth& truth, const Life& life, const std::string& account,
                   const AuditRules& rules);

std::string clock_text(Micros at);  // day and time of day
std::string describe(const Life& life);

}  // namespace simulation
