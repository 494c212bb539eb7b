// Inside the ledger: makes the rows of charges agree with what sessions owe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/refold.h"
#include "money/decimal.h"
#include "proof/difference.h"

namespace ledger {

/// Rates the sessions that ended, and those of them that go on and have charges already; adds rows
/// where the sum of what is there differs. Withdrawn sessions are charged back whole. Sessions
/// without a plan, or without an end, have no charges. Returns the GB-seconds of rows that charge
/// more; what rows take back is not subtracted.
money::Decimal charge_sessions(Work& work, const std::vector<Refold>& refolds);

/// Where the sums of the session's rows first differ from what it owes by the rule, an open one for
/// the months that it was charged for. `month`: only there. Reads alone.
std::optional<proof::Difference> find_wrong_charge(Work& work, const lifecycle::AccountId& account,
                                                   const FoldedSession& folded,
                                                   const std::optional<std::string>& month);

}  // namespace ledger
