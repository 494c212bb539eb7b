// The one place where an instant of a gateway's clock is moved to the upstream's. Sessions are kept
// in upstream time, because their best evidence (created, modified, expiresAt) is.
#pragma once

#include <optional>

#include "calendar/instant.h"

namespace lifecycle {

/// What to add to an instant of the gateway's clock. `answered`: when an answer came, gateway
/// clock; `date`: its Date field, which is whole seconds: the upstream's instant is taken to be the
/// one within that second that is nearest to ours. Without a Date: nothing, the clocks are taken to
/// agree.
inline calendar::Duration shift_to_upstream(calendar::Instant answered,
                                            std::optional<calendar::Instant> date) {
    if (!date) return {};
    if (answered < *date) return *date - answered;
    const calendar::Instant last = *date + calendar::Duration{999'999};
    return answered > last ? last - answered : calendar::Duration{};
}

}  // namespace lifecycle
