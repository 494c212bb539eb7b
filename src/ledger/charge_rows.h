// Inside the ledger: makes the rows of charges agree with what sessions owe.
#pragma once

#include "ledger/refold.h"
#include "money/decimal.h"

namespace ledger {

/// Rates the sessions that ended, and those of them that go on and have charges already; adds rows
/// where the sum of what is there differs. Withdrawn sessions are charged back whole. Sessions
/// without a plan, or without an end, have no charges. Returns the GB-seconds of rows that charge
/// more; what rows take back is not subtracted.
money::Decimal charge_sessions(Work& work, const lifecycle::AccountId& account,
                               const Refold& refold);

}  // namespace ledger
