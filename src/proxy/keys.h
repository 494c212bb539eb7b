// Who may call: what the proxy asks of the owner of keys and instances. Both interfaces are asked
// on the loops' threads for every request, so they answer from memory and never block.
#pragma once

#include "lifecycle/ids.h"

namespace proxy {

/// passthrough: the client's key goes upstream unchanged, every key passes. managed: clients hold
/// keys of ours, the gateway puts the upstream's credential in.
enum class KeyMode { passthrough, managed };

/// What managed accounts see of each other's instances. refuse: nothing (run, status, delete get
/// 404, `instances` is filtered). share: everything.
enum class Isolation { refuse, share };

class KeyDirectory {
  public:
    enum class Verdict {
        known,
        unknown,     // 401
        not_loaded,  // the directory itself is not here yet: 503, never 401
    };
    virtual ~KeyDirectory() = default;
    /// Thread-safe. Asked in managed mode only.
    virtual Verdict find(const lifecycle::KeyFingerprint& key) const = 0;
};

/// Whose instances are whose, where managed accounts are isolated from each other.
class Ownership {
  public:
    virtual ~Ownership() = default;
    /// Thread-safe. True when an account other than this key's holds the instance of `model`.
    virtual bool is_foreign(const lifecycle::KeyFingerprint& key,
                            const lifecycle::ModelName& model) const = 0;
};

}  // namespace proxy
