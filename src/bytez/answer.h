// Reads and writes the answers of the model API: the gateway and the watcher read, the origin
// writes. Numbers that become money (requiredRAM) keep their text, every digit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/instant.h"
#include "lifecycle/ids.h"

namespace bytez {

/// One object of status and instances.
struct InstanceReport {
    lifecycle::ModelName model;
    std::string status;  // DEPLOYING, INSTANTIATING, STARTING, RUNNING, FAILED, STOPPED
    std::optional<std::int64_t> concurrency;
    std::optional<std::int64_t> inferences;
    std::optional<std::int64_t> expiration_seconds;
    std::optional<calendar::Instant> expires_at;
    std::optional<calendar::Instant> created;
    std::optional<calendar::Instant> modified;
    std::optional<std::string> error;
};

/// One entry of list. `required_ram`: the JSON number's text; absent where not benchmarked.
struct CatalogueModel {
    lifecycle::ModelName name;
    std::optional<std::string> required_ram;
    bool benchmarked = false;
};

// Readers: absent when the body is not what the call documents; unknown fields are ignored, a field
// of another type counts as absent.
std::optional<InstanceReport> parse_status(std::string_view json);
std::optional<std::vector<InstanceReport>> parse_instances(std::string_view json);
std::optional<std::vector<CatalogueModel>> parse_list(std::string_view json);

// Writers, in the documented order of fields.
std::string write_status(const InstanceReport& report);
std::string write_instances(const std::vector<InstanceReport>& reports);
std::string write_list(const std::vector<CatalogueModel>& models);

/// `{"status":"error","error":"<message>"}`: the only error shape of the API; message stays a
/// string.
std::string write_error(std::string_view message);

/// Reads an HTTP Date field (IMF-fixdate).
std::optional<calendar::Instant> parse_http_date(std::string_view text);

}  // namespace bytez
