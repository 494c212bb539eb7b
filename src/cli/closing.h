// Closing a month for many accounts at once, some in each transaction, so that whatever ends the
// closing leaves whole invoices and the same command goes on where it was. Owns the threads and
// their stores.
#pragma once

#include <functional>
#include <vector>

#include "ledger/invoices.h"

namespace cli {

struct ClosingOptions {
    ledger::StoreOptions store;
    calendar::Month month;
    ledger::InvoiceTerms terms;
    calendar::Instant now;
    std::size_t jobs = 1;  // connections, each with a thread
};

/// Hears of each account once, in whatever order they are done; one call at a time.
using OnClosed = std::function<void(const ledger::Account&, const ledger::Closing&)>;

/// Throws what the first account that could not be looked at threw, after those under way are done;
/// accounts that must not be closed are told to `on_closed` with their obstacles.
void close_each(const std::vector<ledger::Account>& accounts, const ClosingOptions& options,
                const OnClosed& on_closed);

}  // namespace cli
