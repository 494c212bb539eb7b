#include "console/readiness.h"

#include <nlohmann/json.hpp>

namespace console {
namespace {

std::string_view name_of(JournalState state) {
    switch (state) {
        case JournalState::writing:
            return "writing";
        case JournalState::full:
            return "full";
        case JournalState::failed:
            break;
    }
    return "failed";
}

std::string_view database_state(const Health& health) {
    if (health.database_reachable) return "reachable";
    return health.journal == JournalState::writing ? "spooling" : "unreachable";
}

}  // namespace

bool is_ready(const Health& health) {
    return health.journal == JournalState::writing;
}

std::string to_json(const Health& health) {
    nlohmann::ordered_json json;
    json["ready"] = is_ready(health);
    json["journal"]["state"] = name_of(health.journal);
    json["journal"]["backlog_bytes"] = health.backlog_bytes;
    json["database"]["state"] = database_state(health);
    return json.dump() + "\n";
}

}  // namespace console
