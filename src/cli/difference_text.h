// What a verification found, for a person and for a program.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "proof/difference.h"

namespace cli {

void print_difference(const proof::Difference& difference);
/// Absent: null.
nlohmann::ordered_json difference_json(const std::optional<proof::Difference>& difference);

}  // namespace cli
