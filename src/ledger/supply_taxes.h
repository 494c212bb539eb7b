// Inside the ledger: which tax a supply bore when it was invoiced, for what corrects it later.
#pragma once

#include <vector>

#include "invoicing/charge_row.h"
#include "ledger/transaction.h"

namespace ledger {

/// Fills in the tax of each entry: that of the line for its model, plan and period on the latest
/// of the invoices that it names. Reads no other invoice's document: a year's are long.
void read_supply_taxes(Work& work, std::vector<invoicing::InvoicedBefore>& entries);

}  // namespace ledger
