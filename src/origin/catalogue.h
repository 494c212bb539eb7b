// What this host can load: models as data, read from a JSON file with comments (config/models.json
// is an annotated example). Owns reading and checking it; what was measured is the job book's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/instant.h"
#include "lifecycle/ids.h"
#include "origin/engine_process.h"

namespace origin {

/// One model and the engine that serves it. In the command, the directory and the environment
/// `{port}`, `{model}`, `{model_file}` and `{engine_dir}` are filled in. A command without `{port}`
/// chooses its own port and prints `http://HOST:PORT`.
struct CatalogueEntry {
    lifecycle::ModelName name;
    std::string task;  // "text-generation" unless given
    EngineCommand engine;
    std::string model_file;
    std::string health_path;                  // "/health" unless given
    std::optional<std::string> required_ram;  // GiB, decimal text, where given
    std::int64_t max_replicas = 1;
    calendar::Duration boot_limit;  // from the start to ready; after it the boot has failed
};

/// In the order of the file. Throws std::runtime_error naming the file, the key and what is wrong.
/// `boot_limit`: for models that name none.
std::vector<CatalogueEntry> load_catalogue(const std::string& path, calendar::Duration boot_limit);
std::vector<CatalogueEntry> parse_catalogue(std::string_view json, calendar::Duration boot_limit);

bool chooses_own_port(const CatalogueEntry& entry);

/// The entry's command for one replica. `port` is not used where the engine chooses its own.
EngineCommand fill_in(const CatalogueEntry& entry, const std::string& engine_directory,
                      std::uint16_t port);

}  // namespace origin
