// The request path, whole: listens, forwards to the upstream, records what passes. Owns its
// threads, one event loop each; everything else of this folder lives on one of those loops.
#pragma once

#include <cstdint>
#include <memory>

#include "calendar/clock.h"
#include "journal/journal.h"
#include "proxy/keys.h"
#include "proxy/observer.h"
#include "proxy/options.h"

namespace bytez {
class Catalogue;
}

namespace proxy {

class Gateway {
  public:
    /// All that is referred to outlives the gateway, but for the journal: close() it after stop()
    /// and before the gateway goes, because its writer wakes the gateway's loops. `journal` null:
    /// nothing is recorded (for measurements only). Throws std::runtime_error: an option that makes
    /// no sense (URL, CA file, certificates).
    Gateway(Options options, journal::Journal* journal, const KeyDirectory& keys,
            TrafficObserver& observer, bytez::Catalogue& catalogue, const calendar::Clock& clock);
    ~Gateway();

    /// Binds and begins to serve. Throws std::runtime_error naming the address when it can't. An
    /// upstream that is down or unknown to DNS is no reason: its calls get 502 until it is up.
    void start();
    std::uint16_t port() const;

    /// Any thread. What begins from now on is held to them; those that need the room of what is
    /// there already (connections) wait for it.
    void set_limits(const Limits& limits);

    /// No new work; what is in flight finishes, at the latest after `grace`. Blocks; idempotent.
    void stop(calendar::Duration grace);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace proxy
