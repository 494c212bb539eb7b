#include "reports/burn_report.h"

#include <map>

#include "reports/table.h"

namespace reports {
namespace {

using invoicing::Burn;
using invoicing::BurnRow;

const std::vector<Column> columns = {{"ACCOUNT"},
                                     {"OPEN", Align::right},
                                     {"METERED", Align::right},
                                     {"BURN/HOUR", Align::right},
                                     {"MONTH"},
                                     {"TO DATE", Align::right},
                                     {"CURRENCY"}};

std::vector<std::string> cells_of(const BurnRow& row) {
    return {row.account,
            std::to_string(row.open),
            std::to_string(row.metered),
            to_text(row.an_hour),
            row.month,
            to_text(row.month_to_date),
            row.currency};
}

void add(BurnRow& sum, const BurnRow& row) {
    sum.account = "TOTAL";
    sum.currency = row.currency;
    sum.open += row.open;
    sum.metered += row.metered;
    sum.unpriced += row.unpriced;
    sum.an_hour += row.an_hour;
    sum.month_to_date += row.month_to_date;
}

}  // namespace

std::string burn_table(const Burn& burn, std::size_t most_rows) {
    std::vector<std::vector<std::string>> rows;
    std::map<std::string, BurnRow> sums;
    std::size_t hidden = 0;
    std::int64_t unpriced = 0;
    for (const BurnRow& row : burn.rows) {
        if (row.is_idle()) continue;
        add(sums[row.currency], row);
        unpriced += row.unpriced;
        if (most_rows == 0 || rows.size() < most_rows)
            rows.push_back(cells_of(row));
        else
            ++hidden;
    }
    for (const auto& [currency, sum] : sums) rows.push_back(cells_of(sum));
    std::string text = to_text(burn.as_of) + "\n" + to_table(columns, rows);
    if (hidden > 0) text += "accounts more: " + std::to_string(hidden) + "\n";
    if (unpriced > 0)
        text += "open without a price (no GB, or no plan): " + std::to_string(unpriced) + "\n";
    return text;
}

}  // namespace reports
