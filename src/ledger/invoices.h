// Invoices in the ledger: drafts, closing a month, what was issued. Owns the transaction in which a
// number is taken, the invoice written with everything on it, and its charges marked: all of it or
// nothing. The lines and sums are invoicing's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "calendar/zone.h"
#include "invoicing/draft.h"
#include "invoicing/number.h"
#include "invoicing/summary.h"
#include "ledger/accounts.h"
#include "ledger/store.h"

namespace ledger {

/// What the issuer's settings put on an invoice.
struct InvoiceTerms {
    invoicing::Party issuer;
    std::string series;  // invoicing::is_series
    std::string number_format = std::string(invoicing::default_number_format);
    std::int64_t payment_days = 0;  // from the day of issue until payment is due; 0: not stated
};

/// What the month's invoice would be at `now`: charges that no invoice holds yet, and open sessions
/// rated up to `now`, marked accruing. Changes nothing. Throws Unavailable, Refused.
invoicing::Draft preview_invoice(Store& store, const Account& account, calendar::Month month,
                                 const InvoiceTerms& terms, calendar::Instant now);

/// What became of one account's month.
struct Closing {
    std::optional<invoicing::Invoice> issued;         // absent: nothing new, or obstacles
    std::vector<invoicing::Obstacle> obstacles = {};  // nothing was issued because of them
};

/// The zone of an account or invoice. Throws Refused when this machine does not know it.
calendar::Zone get_zone(const std::string& name);

/// Whether the account's month has ended at `now`, in its zone. Throws Refused: no such zone here.
bool has_ended(const Account& account, calendar::Month month, calendar::Instant now);

/// Issues an invoice of what no standing invoice holds yet, up to the month's end; of open sessions
/// the finished months. Idempotent: what is issued is not new any more, also after CommitInDoubt.
/// Asks not whether the month has ended: has_ended does.
Closing close_month(Store& store, const Account& account, calendar::Month month,
                    const InvoiceTerms& terms, calendar::Instant now);

/// The same for many accounts in one transaction, in their order; what is issued comes without its
/// sessions. An account that is unlike the others (unknown zone or currency, say) is an obstacle of
/// its own and stops no other. Of ordinary accounts, the month's sums are read and not its charges.
std::vector<Closing> close_months(Store& store, const std::vector<Account>& accounts,
                                  calendar::Month month, const InvoiceTerms& terms,
                                  calendar::Instant now);

/// Which invoices; absent members do not narrow.
struct InvoiceFilter {
    std::optional<lifecycle::AccountId> account;
    std::optional<std::string> month;
};
/// By instant of issue, then number.
std::vector<invoicing::Summary> list_invoices(Store& store, const InvoiceFilter& filter);
/// As it was issued. Throws Refused: there is none of that number.
invoicing::Invoice get_invoice(Store& store, const std::string& number);

}  // namespace ledger
