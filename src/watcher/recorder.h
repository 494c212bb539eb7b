// What of the watcher's looks becomes a fact: what changes what is known, and a sparse proof of
// life, so that the ledger grows with instances and not with questions. Pure.
#pragma once

#include <optional>

#include "lifecycle/fact.h"

namespace watcher {

/// At least so often an instance that answers is recorded as alive; the fold needs it to say
/// between what an unseen end lies.
constexpr calendar::Duration proof_interval = calendar::Duration::seconds(600);
/// The same around and past its expiry, where each minute may be billed.
constexpr calendar::Duration proof_interval_expiring = calendar::Duration::seconds(60);

/// `last`: what was last recorded of the instance, by the watcher or in passing.
bool is_worth_recording(const std::optional<lifecycle::InstanceSeen>& last,
                        calendar::Instant last_recorded_at, const lifecycle::InstanceSeen& seen,
                        calendar::Instant now);

}  // namespace watcher
