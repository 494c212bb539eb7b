// What accounts spend at this moment, out of the ledger. Reading only.
#pragma once

#include "invoicing/burn.h"
#include "ledger/accounts.h"

namespace ledger {

/// Of every account that is given, sorted; what charges hold is as the meter left it, open sessions
/// are rated up to `now`. Throws Unavailable, Refused.
invoicing::Burn read_burn(Store& store, const std::vector<Account>& accounts,
                          calendar::Instant now);

}  // namespace ledger
