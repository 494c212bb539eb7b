// The evidence that belongs to one opening, and the session that it amounts to: the second half of
// the fold. The ranking is api-semantics.md's, "Session". Ours to fold.cpp.
#pragma once

#include <optional>
#include <vector>

#include "lifecycle/openings.h"
#include "lifecycle/session.h"

namespace lifecycle {

/// By how much an end may precede `expires_at` and still be called an expiry: runs reset the
/// upstream's clock at its own instant, a little before we see their end.
constexpr calendar::Duration expiry_slack = calendar::Duration::seconds(5);

struct Life {
    Opening opening;
    std::vector<const Observation*> observations;  // by asked
    std::vector<const Deletion*> deletions;        // by answered
    std::vector<const RunProof*> runs;             // by ended
    std::int64_t run_tally = 0;                    // arrivals less refusals
    const Opening* next = nullptr;                 // what replaced it at the latest
};

/// Everything but id, upstream, model and gb.
Session derive_session(const Life& life);

}  // namespace lifecycle
