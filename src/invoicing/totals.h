// What an invoice's rounded lines and corrections come to, with their taxes.
#pragma once

#include <vector>

#include "invoicing/invoice.h"

namespace invoicing {

struct Totals {
    std::vector<TaxLine> taxes;
    money::Payable net;
    money::Payable tax;
    money::Payable total;  // net + tax
};

/// Of the lines and corrections alone: what the invoice states itself is not looked at.
Totals totals_of(const Invoice& invoice);

/// Whether an invoice has a word to say of tax: not where all of it is out of scope without a text.
bool states_tax(const Invoice& invoice);

}  // namespace invoicing
