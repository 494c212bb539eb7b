// What the proxy tells others of the traffic, apart from its facts: the watcher wants to know what
// to look at and with which credential. Called on a loop's thread: must not block.
#pragma once

#include <functional>
#include <string>

#include "lifecycle/fact.h"

namespace proxy {

class TrafficObserver {
  public:
    virtual ~TrafficObserver() = default;
    /// A load is about to be forwarded. It is when `kept` is called with true (once, any thread):
    /// what is needed to ask the upstream about it survives a crash from then on. Each is followed
    /// by one on_load or on_load_refused, unless the process ends before.
    virtual void on_load_intent(const lifecycle::LoadRequested& intent,
                                const std::string& credential, std::function<void(bool)> kept) = 0;
    /// It was refused, or never forwarded: nothing was started.
    virtual void on_load_refused(const lifecycle::KeyFingerprint& key,
                                 const lifecycle::ModelName& model) = 0;
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
