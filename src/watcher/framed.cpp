#include "watcher/framed.h"

#include <charconv>

namespace watcher {

std::string framed(std::string_view text) {
    return std::to_string(text.size()) + ":" + std::string(text);
}

std::optional<std::string> take_framed(std::string_view& from) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), length);
    if (error != std::errc() || end == from.data() + from.size() || *end != ':')
        return std::nullopt;
    from.remove_prefix(static_cast<std::size_t>(end - from.data()) + 1);
    if (from.size() < length) return std::nullopt;
    std::string text(from.substr(0, length));
    from.remove_prefix(length);
    return text;
}

}  // namespace watcher
