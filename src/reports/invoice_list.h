// Issued invoices as a list: for a terminal, a spreadsheet, a program.
#pragma once

#include <string>
#include <vector>

#include "invoicing/summary.h"

namespace reports {

std::string invoice_table(const std::vector<invoicing::Summary>& invoices);
std::string invoice_csv(const std::vector<invoicing::Summary>& invoices);
/// An array; decimals are strings.
std::string invoice_list_json(const std::vector<invoicing::Summary>& invoices);

}  // namespace reports
