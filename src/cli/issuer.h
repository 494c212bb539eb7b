// Who issues the invoices, by the settings.
#pragma once

#include "cli/settings.h"
#include "ledger/invoices.h"

namespace cli {

ledger::InvoiceTerms terms_of(const Settings& settings);

}  // namespace cli
