// A month's usage as text: for a terminal, a spreadsheet, a program. The same numbers in each,
// every digit.
#pragma once

#include <string>

#include "invoicing/usage.h"

namespace reports {

std::string usage_table(const invoicing::Usage& usage);
/// One header line, one line per row; no total, which a reader would add to it.
std::string usage_csv(const invoicing::Usage& usage);
/// {"month", "timezone", "currency", "as_of", "rows": […], "total": {…}}; decimals are strings,
/// counts are numbers. timezone is null where the accounts' zones differ; each row has its own.
std::string usage_json(const invoicing::Usage& usage);

}  // namespace reports
