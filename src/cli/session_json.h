// A session as `tollgate rate` reads it (metering.md).
#pragma once

#include <string>

#include "ledger/session_evidence.h"

namespace cli {

/// One line, without its end.
std::string to_rate_input(const ledger::SessionRecord& record);
/// Every column, as a JSON object of several lines. `bound`: reports::find_billing_bound.
std::string to_full_json(const ledger::SessionRecord& record,
                         const std::vector<ledger::ChargeRow>& charges,
                         const std::vector<ledger::InstanceSharer>& sharers,
                         const std::optional<calendar::Instant>& bound);

}  // namespace cli
