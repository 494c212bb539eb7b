// Credentials to fingerprints. A digest per request would be the dearest thing on the path, so the
// latest are remembered, in memory only, one store per loop.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lifecycle/ids.h"

namespace proxy {

/// The key in an Authorization field: what follows `Key` or `Bearer` (any case), or the whole value
/// where it has another form.
std::string_view key_of(std::string_view authorization);

class Fingerprints {
  public:
    /// The first 16 bytes of the key's SHA-256. The reference is good until the next call.
    const lifecycle::KeyFingerprint& of(std::string_view key);

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    static constexpr std::size_t remembered = 4096;
    std::unordered_map<std::string, lifecycle::KeyFingerprint, Hash, std::equal_to<>> known_;
};

}  // namespace proxy
