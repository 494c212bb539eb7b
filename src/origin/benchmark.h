// Measures one model: boots it, lets it answer a short prompt, and takes the most memory that its
// processes held meanwhile.
#pragma once

#include <functional>
#include <string>

#include "origin/catalogue.h"
#include "origin/memory.h"

namespace origin {

/// The peak, from several looks a second. Throws std::runtime_error that says why it could not be
/// measured: the engine's last words, a boot that took too long, a prompt without an answer.
/// `is_wanted` is asked several times a second; where it says no, the benchmark fails.
MemorySample benchmark(const CatalogueEntry& entry, const std::string& engine_directory,
                       const std::function<bool()>& is_wanted);

}  // namespace origin
