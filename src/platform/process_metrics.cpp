#include "platform/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <exception>

#include "platform/clock.h"
#include "platform/disk.h"
#include "platform/files.h"

namespace platform {
namespace {

std::string cpu_seconds() {
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0) return {};
    return to_seconds({(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1'000'000 +
                       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec});
}

/// The second number of /proc/self/statm is the resident set in pages (proc(5)).
std::string resident_bytes() {
    const std::string statm = read_file("/proc/self/statm", 4096);
    const std::size_t space = statm.find(' ');
    if (space == std::string::npos) return {};
    std::int64_t pages = 0;
    const char* end = statm.data() + statm.size();
    if (std::from_chars(statm.data() + space + 1, end, pages).ec != std::errc()) return {};
    return std::to_string(pages * ::sysconf(_SC_PAGESIZE));
}

std::string open_descriptors() {
    // The listing itself holds one.
    return std::to_string(posix_disk().list("/proc/self/fd").size() - 1);
}

/// A system without /proc has fewer lines, not a failed scrape.
Metrics::Reading quietly(std::string (*reading)()) {
    return [reading]() -> std::string {
        try {
            return reading();
        } catch (const std::exception&) {
            return {};
        }
    };
}

}  // namespace

std::shared_ptr<void> show_process_metrics(Metrics& metrics, std::string_view version) {
    using Kind = Metrics::Kind;
    auto tokens = std::make_shared<std::vector<std::shared_ptr<void>>>();
    const auto show = [&](Kind kind, std::string_view name, std::string_view help,
                          Metrics::Reading reading, Labels labels = {}) {
        tokens->push_back(
            metrics.read_at_scrape(kind, name, help, std::move(reading), std::move(labels)));
    };
    const std::string start = to_seconds({wall_clock().micros});
    show(Kind::counter, "process_cpu_seconds_total", "User and system CPU time spent.",
         quietly(cpu_seconds));
    show(Kind::gauge, "process_resident_memory_bytes", "Resident memory.", quietly(resident_bytes));
    show(Kind::gauge, "process_open_fds", "Open file descriptors.", quietly(open_descriptors));
    show(Kind::gauge, "process_start_time_seconds", "When the process began, since 1970.",
         [start] { return start; });
    show(Kind::gauge, "tollgate_build_info", "Always 1; the label tells the version.",
         [] { return std::string("1"); }, {{"version", std::string(version)}});
    return tokens;
}

}  // namespace platform
