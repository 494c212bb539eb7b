// Charges: what sessions owe per month, as signed rows that are only ever added. A session whose
// price changes gets rows with the difference.
#pragma once

#include <vector>

#include "ledger/store.h"
#include "lifecycle/ids.h"

namespace ledger {

/// Before a month is closed: charges the finished months of sessions that go on, as metering.md
/// says (a slice followed by another no longer depends on when the session ends). `as_of` is later
/// than the months' ends; months are those of each account's zone. How many sessions that were.
int charge_open_sessions(Store& store, const std::vector<lifecycle::AccountId>& accounts,
                         calendar::Instant as_of);

}  // namespace ledger
