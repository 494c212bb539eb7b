#include "invoicing/comparison.h"

namespace invoicing {
namespace {

std::string code_of(const std::optional<Price>& price) {
    return price ? std::string(price->currency.code()) : "";
}

void add_to(PriceSum& sum, const std::optional<Price>& price) {
    if (price) sum.currency = price->currency;
    if (price && price->amount) {
        sum.amount += *price->amount;
    } else {
        ++sum.unpriced;
    }
}

std::vector<ComparisonRow> values_of(
    std::map<std::tuple<std::string, std::string, std::string>, ComparisonRow>& rows) {
    std::vector<ComparisonRow> result;
    result.reserve(rows.size());
    for (auto& [key, row] : rows) result.push_back(std::move(row));
    return result;
}

}  // namespace

bool ComparisonRow::is_comparable() const {
    return first.currency.has_value() && first.currency == second.currency;
}

ComparisonTally::ComparisonTally(ComparisonBy by, std::string month, calendar::Instant as_of)
    : comparison_{.by = by, .month = std::move(month), .as_of = as_of} {}

void ComparisonTally::add(const std::string& part, const std::optional<Price>& first,
                          const std::optional<Price>& second) {
    const std::string currency = code_of(first);
    const std::string other = code_of(second);
    ComparisonRow& row = rows_[{part, currency, other}];
    row.part = part;
    for (ComparisonRow* sum : {&row, &totals_[{"", currency, other}]}) {
        ++sum->sessions;
        add_to(sum->first, first);
        add_to(sum->second, second);
    }
}

Comparison ComparisonTally::finish() {
    comparison_.rows = values_of(rows_);
    comparison_.totals = values_of(totals_);
    return std::move(comparison_);
}

}  // namespace invoicing
