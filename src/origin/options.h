// What the origin is told at its start. config/models.json describes the models it names.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "origin/fleet.h"

namespace origin {

struct Options {
    std::string listen = "127.0.0.1:8082";  // port 0: any free one
    std::string models = "config/models.json";
    std::string data_dir = "var";  // the job book lies in its folder `origin`
    /// API keys that are accepted. Absent: any key, for a host that only listens to itself.
    std::optional<std::vector<std::string>> keys;
    std::string engine_dir;  // what `{engine_dir}` stands for in the catalogue
    calendar::Duration boot_limit = calendar::Duration::seconds(900);  // unless the model has one
    FleetLimits fleet;
    calendar::Duration run_silence_limit = calendar::Duration::seconds(600);
    std::size_t max_body_bytes = 64 * 1024 * 1024;
    int max_connections = 256;
};

}  // namespace origin
