#include "invoicing/totals.h"

#include <algorithm>

namespace invoicing {

Totals totals_of(const Invoice& invoice) {
    TaxSums sums(invoice.currency);
    for (const Line& line : invoice.lines) sums.add(line.tax, line.payable);
    for (const Correction& correction : invoice.corrections) {
        sums.add(correction.tax, correction.amount);
    }
    const money::Payable zero = money::Payable::zero(invoice.currency);
    Totals totals{.taxes = sums.lines(), .net = zero, .tax = zero, .total = zero};
    for (const TaxLine& line : totals.taxes) {
        totals.net += line.taxable;
        totals.tax += line.tax;
    }
    totals.total = totals.net + totals.tax;
    return totals;
}

bool states_tax(const Invoice& invoice) {
    return std::ranges::any_of(invoice.taxes,
                               [](const TaxLine& line) { return line.terms != TaxTerms{}; });
}

}  // namespace invoicing
