// How many files and sockets this process may have open (RLIMIT_NOFILE).
#pragma once

#include <cstdint>

namespace platform {

std::uint64_t descriptor_limit();
/// To the hard limit, which is for the administrator to set; returns what holds then.
std::uint64_t raise_descriptor_limit();

/// Whether one more could be opened now, by trying.
bool can_open_descriptor();

}  // namespace platform
