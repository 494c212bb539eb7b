// The key that signs checkpoints: where it lies, and when it may be made.
#pragma once

#include <optional>

#include "cli/settings.h"
#include "platform/signing.h"

namespace cli {

std::string signing_key_path(const Settings& settings);
/// Made when absent, and the data directory with it.
platform::SigningKey get_signing_key(const Settings& settings);
/// Absent: there is none on this machine, and none is made.
std::optional<platform::SigningKey> find_signing_key(const Settings& settings);

}  // namespace cli
