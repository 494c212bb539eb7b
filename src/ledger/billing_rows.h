// Inside the ledger: an account's billing data, read in the transaction that may issue an invoice.
#pragma once

#include "ledger/billing.h"
#include "ledger/transaction.h"
#include "lifecycle/ids.h"

namespace ledger {

Billing read_billing(Work& work, const lifecycle::AccountId& account);

}  // namespace ledger
