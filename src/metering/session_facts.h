// What the metering rule knows of a session: no more than `tollgate rate` reads from a line and the
// ledger fills from a folded session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "calendar/instant.h"
#include "money/decimal.h"

namespace lifecycle {
struct Session;
}

namespace metering {

struct SessionFacts {
    std::string session;
    std::string account;
    std::string model;
    std::optional<money::Decimal> gb;  // absent: not benchmarked, so without a price
    std::int64_t concurrency = 1;
    std::optional<calendar::Instant> loaded_at;
    std::optional<calendar::Instant> running_at;
    std::optional<calendar::Instant> expires_at;  // absent: a run is in flight, or never known
    std::optional<calendar::Instant> ended_at;
    std::optional<std::string> end_reason;  // absent: open
    bool estimated = false;                 // the end was inferred

    bool is_open() const { return !end_reason; }
};

/// metering.md, "Command": 0 < gb < 10⁹, at most 18 decimals as written, JSON number grammar.
/// Absent: anything else.
std::optional<money::Decimal> parse_gb(std::string_view text);
inline constexpr std::int64_t concurrency_limit = 1'000'000;

/// Why these facts cannot be rated (instants out of order, an end without its reason, an open
/// session and no as-of instant); empty when they can.
[[nodiscard]] std::string_view find_fault(const SessionFacts& facts, bool has_as_of);

/// A folded session as the rule takes it; `account` is the ledger's name or id for the payer.
/// A `gb` text that parse_gb refuses counts as none: the session is unpriced until one is set. One
/// whose concurrency nobody can mean (outside 1 to 10⁶) is unpriced too, never taken for one.
SessionFacts to_facts(const lifecycle::Session& session, std::string_view account);

}  // namespace metering
