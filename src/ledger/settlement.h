// What becomes of an issued invoice: it is paid, or taken back by a credit note. Both are rows that
// are only ever added; the invoice itself stays as it was issued.
#pragma once

#include <optional>
#include <string>

#include "invoicing/invoice.h"
#include "ledger/invoices.h"
#include "ledger/store.h"

namespace ledger {

struct Voiding {
    std::string number;
    std::string reason;  // for the customer: it is on the credit note
    std::string author;
};

/// Issues the document that takes the invoice back whole, with a number of its own. Its charges and
/// corrections are free again: the next closing of their month puts them on a new invoice. Throws
/// Refused: no such invoice, it is void already, it takes another one back itself, it is paid in
/// part or whole, or a text is empty or too long; Unavailable; after CommitInDoubt, the list of
/// invoices tells.
invoicing::Invoice void_invoice(Store& store, const Voiding& voiding, const InvoiceTerms& terms,
                                calendar::Instant now);

struct NewPayment {
    std::string number;
    std::optional<std::string> amount = {};  // decimal; absent: all that is still open
    std::string paid_on = {};                // a day: 2026-11-30
    std::string reference = {};              // once per invoice: the same again changes nothing
    std::string author = {};
};

/// Records that the customer paid, or, of a credit note and with a negative amount, was paid back.
/// A payment of the other sign takes one back. What is open afterwards. Throws Refused: no such
/// invoice, it is void, an amount that is none or more than is open, another payment of that
/// reference; Unavailable.
money::Payable record_payment(Store& store, const NewPayment& payment, calendar::Instant now);

}  // namespace ledger
