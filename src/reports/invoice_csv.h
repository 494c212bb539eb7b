// One invoice as rows for a spreadsheet or an importer. The first column says what a row is; every
// other column means the same in each row that has it, so no sum over a column counts twice.
#pragma once

#include <string>

#include "invoicing/invoice.h"

namespace reports {

/// A header line, then rows of records `line`, `correction`, `tax` (per category and rate) and, at
/// the end, one `total`. Decimals: `amount` is exact, `payable` rounded; a column that a record
/// does not have is empty. The payables sum to the net, the taxes to the tax, both to the total. Of
/// a draft the number is empty. RFC 4180 and safe from formulas (csv.h).
std::string invoice_csv(const invoicing::Invoice& invoice);

}  // namespace reports
