#include "proxy/fingerprints.h"

#include <span>

#include "platform/crypto.h"
#include "proxy/head.h"

namespace proxy {

std::string_view key_of(std::string_view authorization) {
    for (const std::string_view scheme : {"key ", "bearer "}) {
        if (equal_names(authorization.substr(0, scheme.size()), scheme)) {
            authorization.remove_prefix(scheme.size());
            while (authorization.starts_with(' ')) authorization.remove_prefix(1);
            return authorization;
        }
    }
    return authorization;
}

const lifecycle::KeyFingerprint& Fingerprints::of(std::string_view key) {
    const auto found = known_.find(key);
    if (found != known_.end()) return found->second;
    if (known_.size() >= remembered) known_.clear();
    const auto digest = platform::sha256(key);
    lifecycle::KeyFingerprint fingerprint(platform::to_hex(std::span(digest).first<16>()));
    return known_.emplace(key, std::move(fingerprint)).first->second;
}

}  // namespace proxy
