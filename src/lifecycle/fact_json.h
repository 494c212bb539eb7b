// The canonical text of a fact: one JSON object, keys in the order of fact.h, absent ones left out,
// instants as integer microseconds, no spaces. What is journalled, stored and (later) hashed.
#pragma once

#include <string>
#include <string_view>

#include "lifecycle/fact.h"

namespace lifecycle {

/// Appends the canonical text to `out`. The hot path of the proxy: no allocation beyond `out`'s.
void append_json(const Fact& fact, std::string& out);
std::string to_json(const Fact& fact);

/// Reads what append_json wrote, byte for byte: one fact has one text, or hashes over it mean
/// little. Throws std::invalid_argument with what and where otherwise: such bytes are never ours.
Fact parse_fact(std::string_view json);

}  // namespace lifecycle
