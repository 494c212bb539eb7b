// How much memory an engine takes: its process and all that it started, each page counted once.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

namespace origin {

/// `pss`: proportional set size, a page shared by n processes counts 1/n in each, so that a tree's
/// sum counts it once. `rss`: where the kernel shows no more; shared pages count in each process.
enum class MemoryMethod { pss, rss };
std::string_view to_text(MemoryMethod method);

struct MemorySample {
    std::uint64_t bytes = 0;  // whole pages of 4 KiB; 0: none of the processes was there
    MemoryMethod method = MemoryMethod::pss;
};

/// The process `engine`, its descendants, and the rest of its process group but the leader (the
/// guardian is no part of the engine).
MemorySample measure_memory(pid_t engine, pid_t group);

}  // namespace origin
