// Inside the ledger: what the books say of an account's month, for its export: sessions, their
// charges, invoices, plans. What they rest on is account_export.cpp's.
#pragma once

#include "ledger/account_export.h"
#include "ledger/transaction.h"

namespace ledger {

/// Fills these parts of `result`, whose month is set.
void read_export_books(Work& work, const ExportRequest& request, proof::AccountExport& result);

}  // namespace ledger
