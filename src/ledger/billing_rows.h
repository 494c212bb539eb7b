// Inside the ledger: an account's billing data, read in the transaction that may issue an invoice.
#pragma once

#include <map>
#include <vector>

#include "ledger/billing.h"
#include "ledger/transaction.h"
#include "lifecycle/ids.h"

namespace ledger {

Billing read_billing(Work& work, const lifecycle::AccountId& account);
/// Accounts that nothing was set of are left out.
std::map<lifecycle::AccountId, Billing> read_billings(
    Work& work, const std::vector<lifecycle::AccountId>& accounts);

}  // namespace ledger
