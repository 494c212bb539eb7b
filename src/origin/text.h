// Small text helpers of this room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace origin {

/// The last `limit` bytes of what a program printed, fit to stand in a JSON text: white space at
/// both ends removed, lines joined by " | ", control characters and broken UTF-8 left out.
std::string printable_tail(std::string_view text, std::size_t limit);

/// Bytes as GiB, exactly: bytes / 2^30 in decimal, all digits (at most 30 behind the point).
std::string gibibytes_text(std::uint64_t bytes);

}  // namespace origin
