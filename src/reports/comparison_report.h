// Two prices of a month's sessions side by side: for a terminal, a spreadsheet, a program. Every
// digit; a difference only within one currency.
#pragma once

#include <string>

#include "invoicing/comparison.h"

namespace reports {

/// What the prices are called, as JSON and CSV have it.
struct ComparisonWords {
    std::string first;
    std::string second;
    std::string difference;
    bool is_second_taken_off = false;  // the difference is first − second, else second − first
};
extern const ComparisonWords plan_words;    // old, new, difference
extern const ComparisonWords margin_words;  // revenue, cost, margin

std::string comparison_table(const invoicing::Comparison& comparison, const ComparisonWords& words);
/// One header line, one line per row; no totals, which a reader would add to them.
std::string comparison_csv(const invoicing::Comparison& comparison, const ComparisonWords& words);
/// {"month", "as_of", "rows": […], "totals": […]}; decimals are strings, counts are numbers; null
/// where a price has no plan or a difference no meaning.
std::string comparison_json(const invoicing::Comparison& comparison, const ComparisonWords& words);

}  // namespace reports
