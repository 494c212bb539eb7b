#include "watcher/recorder.h"

namespace watcher {

using calendar::Instant;
using lifecycle::InstanceSeen;

bool is_worth_recording(const std::optional<InstanceSeen>& last, Instant last_recorded_at,
                        const InstanceSeen& seen, Instant now) {
    if (!last) return true;
    if (seen.state != last->state || seen.created != last->created ||
        seen.modified != last->modified || seen.expires_at != last->expires_at)
        return true;
    const bool expiring = seen.expires_at && now + proof_interval_expiring >= *seen.expires_at;
    return now - last_recorded_at >= (expiring ? proof_interval_expiring : proof_interval);
}

}  // namespace watcher
