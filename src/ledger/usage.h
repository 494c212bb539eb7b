// A month's usage, as it stands: every session that the month holds a part of, rated by the rule,
// open ones up to now.
#pragma once

#include <vector>

#include "calendar/period.h"
#include "invoicing/usage.h"
#include "ledger/accounts.h"
#include "ledger/store.h"

namespace ledger {

/// The month is that of each account's zone. Throws Unavailable; Refused: the accounts' currencies
/// differ, so that there is no total (says which).
invoicing::Usage read_usage(Store& store, const std::vector<Account>& accounts,
                            calendar::Month month, invoicing::UsageBy by, calendar::Instant now);

}  // namespace ledger
