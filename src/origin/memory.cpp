#include "origin/memory.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>

namespace origin {
namespace {

struct Process {
    pid_t parent = 0;
    pid_t group = 0;
};

std::optional<Process> read_process(const std::string& directory) {
    std::ifstream file(directory + "/stat");
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    // The name may hold spaces and brackets: what follows its last bracket is regular.
    const auto bracket = line.rfind(')');
    if (bracket == line.npos) return std::nullopt;
    std::istringstream fields(line.substr(bracket + 1));
    char state = 0;
    Process process;
    if (!(fields >> state >> process.parent >> process.group)) return std::nullopt;
    return process;
}

std::map<pid_t, Process> all_processes() {
    std::map<pid_t, Process> all;
    std::error_code ignored;  // a process that ends while we look is no error
    for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
        const std::string name = entry.path().filename();
        pid_t pid = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc() || end != name.data() + name.size()) continue;
        if (const auto process = read_process(entry.path())) all[pid] = *process;
    }
    return all;
}

std::set<pid_t> tree_of(pid_t engine, pid_t group) {
    const auto all = all_processes();
    std::set<pid_t> tree;
    for (const auto& [pid, process] : all) {
        // Up the line of parents; a line is never longer than the table.
        pid_t at = pid;
        bool ours = process.group == group;
        for (std::size_t step = 0; !ours && step < all.size(); ++step) {
            ours = at == engine;
            const auto found = all.find(at);
            if (found == all.end() || found->second.parent <= 1) break;
            at = found->second.parent;
        }
        if (ours && pid != group) tree.insert(pid);
    }
    return tree;
}

/// `Pss:   1234 kB` of smaps_rollup, in bytes.
std::optional<std::uint64_t> read_pss(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
    std::string word;
    while (file >> word) {
        std::uint64_t kibibytes = 0;
        if (word == "Pss:" && file >> kibibytes) return kibibytes * 1024;
    }
    return std::nullopt;
}

std::uint64_t read_rss(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

/// Whole pages of 4 KiB, begun ones counted. In GiB that is a decimal of at most 18 digits after
/// the point, the most that the metering rule takes; single KiB would need 20.
std::uint64_t in_whole_pages(std::uint64_t bytes) {
    constexpr std::uint64_t page = 4096;
    return (bytes + page - 1) / page * page;
}

}  // namespace

std::string_view to_text(MemoryMethod method) {
    return method == MemoryMethod::pss ? "pss" : "rss";
}

MemorySample measure_memory(pid_t engine, pid_t group) {
    MemorySample sample;
    std::uint64_t rss = 0;
    for (const pid_t pid : tree_of(engine, group)) {
        rss += read_rss(pid);
        if (const auto pss = read_pss(pid)) {
            sample.bytes += *pss;
        } else if (read_rss(pid) > 0) {  // alive, but its map is not shown to us
            sample.method = MemoryMethod::rss;
        }
    }
    if (sample.method == MemoryMethod::rss) sample.bytes = rss;
    sample.bytes = in_whole_pages(sample.bytes);
    return sample;
}

}  // namespace origin
