// Sessions as facts make them, held against sessions as the books have them, field by field. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "lifecycle/session.h"
#include "proof/difference.h"

namespace proof {

struct BookedSession {
    lifecycle::Session session;
    std::string plan;  // in force when it was loaded; empty: none
};

/// Both of one instance of one account. The first in the order of `expected`, then one that is too
/// many. What no column takes counts as its absence: a GB text that is no GB.
std::optional<Difference> compare_sessions(const lifecycle::AccountId& account,
                                           std::span<const BookedSession> expected,
                                           std::span<const BookedSession> found);

}  // namespace proof
