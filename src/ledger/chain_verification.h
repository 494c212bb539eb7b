// Inside the ledger: every chain computed anew from its facts, and held against what is stored.
#pragma once

#include "ledger/transaction.h"
#include "ledger/verification.h"

namespace ledger {

/// Counts facts and chains into `result`, or sets its difference.
void verify_chains(Work& work, Verification& result);

}  // namespace ledger
