// `account set`, and how an account is shown with its billing data.
#pragma once

#include "cli/row_printer.h"
#include "ledger/accounts.h"
#include "ledger/billing.h"

namespace cli {

/// The account's row, what its invoices say of the customer and the tax they bear.
void print_account(const ledger::Account& account, const ledger::Billing& billing,
                   const RowFormat& format);

void add_account_set(CLI::App& group);

}  // namespace cli
