// Whether the gateway can do its work: what /readyz says. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace console {

enum class JournalState { writing, full, failed };

/// What the wiring knows when it is asked.
struct Health {
    JournalState journal = JournalState::writing;
    std::uint64_t backlog_bytes = 0;
    bool database_reachable = false;
};

/// Ready: metered calls can be recorded. With the database away facts wait in the journal
/// ("spooling"), so that alone makes no gateway unready.
bool is_ready(const Health& health);

/// `{"ready":true,"journal":{"state":"writing","backlog_bytes":0},"database":{"state":"reachable"}}`
/// The database is "spooling" where it is away and the journal writes, else "unreachable". No error
/// texts: they may name hosts and users, and belong in the log.
std::string to_json(const Health& health);

}  // namespace console
