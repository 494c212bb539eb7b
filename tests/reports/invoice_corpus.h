// Issued invoices of every kind, for tests that hold all renderings against each other: each tax
// category, currencies of 0 and 2 decimals, adjustments, corrections by hand, credit notes, and of
// each document the one that takes it back.
#pragma once

#include <string>
#include <vector>

#include "invoicing/invoice.h"

namespace invoice_corpus {

struct Named {
    std::string name;  // of a file; NAME-back takes NAME back
    invoicing::Invoice invoice;
};

/// An issuer and a customer that lack nothing, with names that every format must escape.
invoicing::Party issuer();
invoicing::Party customer();

/// The named cases, then `random` ones from the seed; the same each time.
std::vector<Named> make(unsigned seed, int random);

}  // namespace invoice_corpus
