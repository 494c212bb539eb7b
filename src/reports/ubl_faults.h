// What keeps an invoice from being a UBL document to EN 16931 and Peppol BIS Billing 3.
#pragma once

#include <string>
#include <vector>

#include "invoicing/invoice.h"

namespace reports {

/// Clauses for a person, all of them, each with what to do where something can be done: "the
/// issuer's country is missing (issuer.country)". Empty: nothing.
std::vector<std::string> find_ubl_faults(const invoicing::Invoice& invoice);

/// Whether any of it is within the scope of VAT; where not, EN 16931 wants no VAT id on it
/// (BR-O-02).
bool is_within_vat(const invoicing::Invoice& invoice);

}  // namespace reports
