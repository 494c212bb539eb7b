// What the proxy tells others of the traffic, apart from its facts: the watcher wants to know what
// to look at and with which credential. Called on a loop's thread: must not block.
#pragma once

#include <string>

#include "lifecycle/fact.h"

namespace proxy {

class TrafficObserver {
  public:
    virtual ~TrafficObserver() = default;
    /// A load was forwarded and answered 2xx, its outcome is unknown, or (clients' own keys) it was
    /// refused with 409 or 429 because the instance is there. `credential` is the value
    /// of the Authorization field that went upstream.
    virtual void on_load(const lifecycle::LoadAnswered& load, const std::string& credential) = 0;
    virtual void on_delete(const lifecycle::DeleteAnswered& deletion,
                           const std::string& credential) = 0;
    /// A key the upstream answered with 2xx on list, status or instances.
    virtual void on_seen(const lifecycle::InstanceSeen& seen, const std::string& credential) = 0;
};

}  // namespace proxy
