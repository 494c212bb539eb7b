// Whose an instance is that several accounts' facts tell of: its loader's, the first one's of two;
// where nobody loaded it through a gateway, whose key saw it first. Pure.
#pragma once

#include <compare>

#include "lifecycle/session.h"

namespace lifecycle {

/// What an account's session says for its account. The least one wins.
struct Claim {
    bool discovered = false;
    calendar::Instant since;  // loaded, or of a discovered one: first seen
    friend auto operator<=>(const Claim&, const Claim&) = default;
};

inline Claim claim_of(const Session& session) {
    return {session.discovered, session.discovered ? session.facts_from : session.loaded_at};
}

/// Whose id is less: that decides between equal claims.
enum class LesserAccount { ours, theirs };

inline bool is_theirs(const Claim& theirs, const Claim& ours, LesserAccount lesser) {
    return theirs < ours || (theirs == ours && lesser == LesserAccount::theirs);
}

}  // namespace lifecycle
