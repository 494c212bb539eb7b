// From what the upstream said to a fact, and from a fact to what the schedule needs of it.
#pragma once

#include "lifecycle/fact.h"
#include "watcher/credential_store.h"
#include "watcher/schedule.h"
#include "watcher/upstream.h"

namespace watcher {

/// The fact of a report; `answer.kind` must be that.
lifecycle::InstanceSeen seen_of(const InstanceKey& instance, calendar::Instant asked,
                                const StatusAnswer& answer);

/// Instants of the upstream moved to our clock, by the answer's Date.
Look look_of(const lifecycle::InstanceSeen& seen, calendar::Instant answered);

}  // namespace watcher
