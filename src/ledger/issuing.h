// Inside the ledger: what every issued document goes through, in the transaction that issues it.
#pragma once

#include "ledger/invoices.h"
#include "ledger/transaction.h"

namespace ledger {

/// One at a time changes an account's invoices; the next one reads what this one has committed.
void lock_invoices_of(Work& work, const lifecycle::AccountId& account);

/// Gives the document its number, instant and chain heads, and writes it. The counter's row is
/// locked until the commit.
void issue_document(Work& work, invoicing::Invoice& document, const InvoiceTerms& terms,
                    calendar::Instant now);

/// SHA-256, in hex.
std::string digest_of(std::string_view bytes);

/// As it was issued. Throws Refused: there is none of that number.
invoicing::Invoice read_invoice(Work& work, const std::string& number);

}  // namespace ledger
