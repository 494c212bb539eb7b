// Ed25519 signatures (RFC 8032). Owns the key file; what is signed is the caller's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace platform {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

/// The private half, in a file of its seed (32 bytes, mode 600, made with random bytes when
/// absent). Never printed.
class SigningKey {
  public:
    /// Throws std::runtime_error naming the file when it is unreadable, of another size, or
    /// readable by others.
    static SigningKey load_or_make(const std::string& path);
    Signature sign(std::string_view text) const;
    const PublicKey& public_key() const { return public_key_; }

  private:
    SigningKey() = default;
    std::array<std::uint8_t, 32> seed_{};
    PublicKey public_key_{};
};

bool is_signed_by(std::string_view text, const Signature& signature, const PublicKey& key);

/// Lower-case hex digits, exactly as many as the value needs; absent: anything else.
std::optional<PublicKey> parse_public_key(std::string_view hex);
std::optional<Signature> parse_signature(std::string_view hex);

}  // namespace platform
