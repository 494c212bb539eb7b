// The answer of `instances` as one of several isolated accounts may see it: the elements that are
// its own, byte for byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/keys.h"

namespace proxy {

/// Absent: not an array of objects, so that nothing of it may be shown.
std::optional<std::string> keep_own_instances(std::string_view json,
                                              const lifecycle::KeyFingerprint& key,
                                              const Ownership& ownership);

}  // namespace proxy
