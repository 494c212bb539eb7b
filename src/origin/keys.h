// Who may call: the origin's API keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace origin {

class Keys {
  public:
    /// Absent: every key that is not empty is good.
    explicit Keys(std::optional<std::vector<std::string>> keys) : keys_(std::move(keys)) {}

    /// Takes as long for a wrong key as for a right one.
    bool accepts(std::string_view key) const;

  private:
    std::optional<std::vector<std::string>> keys_;
};

/// The key of `Authorization: Key KEY`; absent: another scheme.
std::optional<std::string_view> key_of(std::string_view authorization);

}  // namespace origin
