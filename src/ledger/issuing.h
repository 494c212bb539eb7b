// Inside the ledger: what every issued document goes through, in the transaction that issues it.
#pragma once

#include <functional>
#include <vector>

#include "ledger/invoices.h"
#include "ledger/transaction.h"

namespace ledger {

/// One at a time changes an account's invoices; the next one reads what this one has committed.
void lock_invoices_of(Work& work, const std::vector<lifecycle::AccountId>& accounts);

/// Gives the documents their numbers, in their order, instant and chain heads, and writes them. The
/// counter's row is locked until the commit. What is written has no sessions where the digest does
/// not cover them: they are made from the charges.
void issue_documents(Work& work, const std::vector<std::reference_wrapper<invoicing::Invoice>>& all,
                     const InvoiceTerms& terms, calendar::Instant now);

/// SHA-256, in hex.
std::string digest_of(std::string_view bytes);

/// As it is stored: without its sessions where the digest does not cover them. Throws Refused:
/// there is none of that number.
invoicing::Invoice read_document(Work& work, const std::string& number);
/// As it was issued, with its sessions. Throws Refused: there is none of that number.
invoicing::Invoice read_invoice(Work& work, const std::string& number);

}  // namespace ledger
