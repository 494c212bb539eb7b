// Texts one after the other, each with its length before it, `<decimal>:<bytes>`: any bytes, no
// escaping. For the small files and sealed boxes of this room.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace watcher {

std::string framed(std::string_view text);
/// Takes the first text off `from`; absent when it is not whole.
std::optional<std::string> take_framed(std::string_view& from);

}  // namespace watcher
