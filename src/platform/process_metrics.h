// What this process takes of the machine, under the names that Prometheus' client libraries use.
#pragma once

#include <memory>

#include "platform/metrics.h"

namespace platform {

/// process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds,
/// process_start_time_seconds, and tollgate_build_info with the version; until the token goes.
[[nodiscard]] std::shared_ptr<void> show_process_metrics(Metrics& metrics,
                                                         std::string_view version);

}  // namespace platform
