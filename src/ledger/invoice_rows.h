// Inside the ledger: what a draft is made of, read in the transaction that may issue it.
#pragma once

#include "invoicing/draft.h"
#include "ledger/accounts.h"
#include "ledger/invoices.h"
#include "ledger/transaction.h"

namespace ledger {

enum class Accruing { left_out, included };

/// The account's charges up to the month that no invoice holds, with what their sessions add, the
/// plans' prices, what was invoiced before; with Accruing::included also what open sessions owe
/// beyond their charges at `now`.
struct InvoiceRows {
    invoicing::DraftInput input;
    std::vector<invoicing::Obstacle> obstacles;  // that invoicing cannot know of
};
InvoiceRows read_invoice_rows(Work& work, const Account& account, calendar::Month month,
                              const InvoiceTerms& terms, calendar::Instant now, Accruing accruing);

/// Per GB-second, by plan.
std::map<std::string, money::Decimal> read_unit_prices(Work& work);

/// What an issued invoice holds.
std::vector<invoicing::ChargeRow> read_charges_of(Work& work, const Account& account,
                                                  const std::string& number);

}  // namespace ledger
