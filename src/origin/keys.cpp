#include "origin/keys.h"

#include "platform/crypto.h"

namespace origin {

bool Keys::accepts(std::string_view key) const {
    if (!keys_) return !key.empty();
    bool found = false;
    for (const std::string& known : *keys_) {
        // No early end: the time must not tell which key came close.
        if (platform::equal_in_constant_time(known, key)) found = true;
    }
    return found && !key.empty();
}

std::optional<std::string_view> key_of(std::string_view authorization) {
    constexpr std::string_view kScheme = "key ";
    if (authorization.size() < kScheme.size()) return std::nullopt;
    for (std::size_t i = 0; i < kScheme.size(); ++i) {
        // Schemes are case-insensitive (RFC 9110, 11.1).
        const char c = authorization[i];
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        if (lower != kScheme[i]) return std::nullopt;
    }
    authorization.remove_prefix(kScheme.size());
    while (authorization.starts_with(' ')) authorization.remove_prefix(1);
    return authorization;
}

}  // namespace origin
