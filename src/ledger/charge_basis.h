// Inside the ledger: what a charge rests on, kept with its row, so that a later row of the same
// session can say in words what is known otherwise now. Decides nothing about money.
#pragma once

#include <string>
#include <string_view>

#include "calendar/zone.h"
#include "lifecycle/session.h"

namespace ledger {

/// What of a session and of its account a charge depends on.
struct ChargeBasis {
    bool withdrawn = false;  // no fact supports the session: nothing below means anything
    calendar::Instant loaded_at = {};
    std::optional<calendar::Instant> running_at = {};
    std::optional<calendar::Instant> ended_at = {};
    std::optional<calendar::Instant> charged_to = {};  // open: its finished months by then
    std::string end_reason = {};                       // empty: open
    bool estimated = false;
    std::string gb = {};  // empty: not known
    std::int64_t concurrency = 1;
    std::string plan = {};
    std::string timezone = {};
    friend bool operator==(const ChargeBasis&, const ChargeBasis&) = default;
};

ChargeBasis basis_of(const lifecycle::Session& session, const std::string& plan,
                     const std::string& timezone, std::optional<calendar::Instant> charged_to);

/// Compact JSON; instants in UTC.
std::string to_json(const ChargeBasis& basis);
/// What to_json wrote. Throws std::runtime_error on anything else.
ChargeBasis parse_basis(std::string_view json);

/// Each difference, joined by semicolons: "the end moved from … to …". Never empty.
std::string explain_change(const ChargeBasis& before, const ChargeBasis& now);

/// "start by expiry_clock, end by delete_answer": the names of lifecycle's evidence.
std::string evidence_of(const lifecycle::Session& session);
/// Of a session that was withdrawn.
extern const char* const no_evidence;

}  // namespace ledger
