// Inside the ledger: which plan holds for a load.
#pragma once

#include <string>

#include "ledger/transaction.h"
#include "lifecycle/ids.h"

namespace ledger {

/// The plan in force for the account at that instant; empty: none.
std::string find_plan_in_force(Work& work, const lifecycle::AccountId& account,
                               calendar::Instant loaded_at);

}  // namespace ledger
