// What we take from OpenSSL: digests, constant-time compare, random bytes, sealed boxes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace platform {

std::array<std::uint8_t, 32> sha256(std::string_view bytes);
std::string to_hex(std::span<const std::uint8_t> bytes);
std::string random_bytes(std::size_t count);
/// Letters and digits, uniform; about 5.95 bits each.
std::string random_text(std::size_t length);
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// AES-256-GCM under a key file (32 bytes, mode 600, made with random bytes when absent). Throws
/// std::runtime_error naming the file when it is unreadable, of another size, or readable by
/// others.
class SealingKey {
  public:
    static SealingKey load_or_make(const std::string& path);
    /// Nonce, ciphertext, tag.
    std::string seal(std::string_view plain) const;
    /// Absent: not sealed by this key.
    std::optional<std::string> unseal(std::string_view sealed) const;

  private:
    SealingKey() = default;
    std::array<std::uint8_t, 32> key_{};
};

}  // namespace platform
