// Whose an instance is that several accounts' facts tell of: its loader's; of two, the one's whose
// load it followed sooner, or the first one's where it followed both promptly; where nobody loaded
// it through a gateway, whose key saw it first. Pure.
#pragma once

#include <compare>
#include <optional>

#include "lifecycle/session.h"

namespace lifecycle {

/// A load is given an instance that was created minutes after its answer where none was sooner:
/// what it had begun may have been deleted unseen, and the instance be the next load's. So soon it
/// follows at once, by what clocks may differ and a service take.
constexpr calendar::Duration prompt_start = calendar::Duration::seconds(10);

/// What an account's session says for its account. The least one wins.
struct Claim {
    bool discovered = false;
    calendar::Duration late;  // of one that was loaded: when its instance came, if not promptly
    calendar::Instant since;  // loaded, or of a discovered one: first seen
    friend auto operator<=>(const Claim&, const Claim&) = default;
};

/// `first_seen`: its first fact, gateway clock.
inline Claim make_claim(bool discovered, std::optional<calendar::Instant> created,
                        calendar::Instant loaded_at, calendar::Instant first_seen) {
    if (discovered) return {.discovered = true, .late = {}, .since = first_seen};
    const calendar::Duration after = created ? *created - loaded_at : calendar::Duration{};
    return {.discovered = false,
            .late = after > prompt_start ? after : calendar::Duration{},
            .since = loaded_at};
}

inline Claim claim_of(const Session& session) {
    return make_claim(session.discovered, session.created, session.loaded_at, session.facts_from);
}

/// Whose id is less: that decides between equal claims.
enum class LesserAccount { ours, theirs };

inline bool is_theirs(const Claim& theirs, const Claim& ours, LesserAccount lesser) {
    return theirs < ours || (theirs == ours && lesser == LesserAccount::theirs);
}

}  // namespace lifecycle
