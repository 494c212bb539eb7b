#include "reports/comparison_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/csv.h"
#include "reports/table.h"

namespace reports {
namespace {

using invoicing::Comparison;
using invoicing::ComparisonBy;
using invoicing::ComparisonRow;
using invoicing::PriceSum;
using Json = nlohmann::ordered_json;
using MaybeText = std::optional<std::string>;

std::string part_name(const Comparison& comparison) {
    return comparison.by == ComparisonBy::account ? "account" : "model";
}

MaybeText amount_of(const PriceSum& sum) {
    if (!sum.currency) return std::nullopt;
    return to_text(sum.amount);
}

MaybeText currency_of(const PriceSum& sum) {
    if (!sum.currency) return std::nullopt;
    return std::string(sum.currency->code());
}

MaybeText difference_of(const ComparisonRow& row, const ComparisonWords& words) {
    if (!row.is_comparable()) return std::nullopt;
    const money::Decimal gain = row.first.amount - row.second.amount;
    return to_text(words.is_second_taken_off ? gain : -gain);
}

/// A named value.
struct Cell {
    Cell(std::string what, std::int64_t number)
        : name(std::move(what)), text(std::to_string(number)), json(number) {}
    Cell(std::string what, const MaybeText& value)
        : name(std::move(what)), text(value), json(value ? Json(*value) : Json(nullptr)) {}
    std::string name;
    MaybeText text;
    Json json;
};

std::vector<Cell> cells_of(const ComparisonRow& row, const ComparisonWords& words) {
    return {{"sessions", row.sessions},
            {words.first + "_unpriced", row.first.unpriced},
            {words.second + "_unpriced", row.second.unpriced},
            {words.first + "_currency", currency_of(row.first)},
            {words.first, amount_of(row.first)},
            {words.second + "_currency", currency_of(row.second)},
            {words.second, amount_of(row.second)},
            {words.difference, difference_of(row, words)}};
}

std::string to_heading(std::string name) {
    std::ranges::transform(name, name.begin(), [](unsigned char byte) {
        return byte == '_' ? ' ' : static_cast<char>(std::toupper(byte));
    });
    return name;
}

std::vector<std::string> table_row(const std::string& part, const ComparisonRow& row,
                                   const ComparisonWords& words) {
    std::vector<std::string> cells = {part};
    for (const Cell& cell : cells_of(row, words)) cells.push_back(cell.text.value_or("-"));
    return cells;
}

Json to_json(const ComparisonRow& row, const ComparisonWords& words) {
    Json json = Json::object();
    for (const Cell& cell : cells_of(row, words)) json[cell.name] = cell.json;
    return json;
}

}  // namespace

const ComparisonWords plan_words = {"old", "new", "difference"};
const ComparisonWords margin_words = {"revenue", "cost", "margin", true};

std::string comparison_table(const Comparison& comparison, const ComparisonWords& words) {
    std::vector<Column> columns = {{to_heading(part_name(comparison))}};
    for (const Cell& cell : cells_of({}, words)) {
        columns.push_back({to_heading(cell.name), Align::right});
    }
    std::vector<std::vector<std::string>> rows;
    for (const ComparisonRow& row : comparison.rows) {
        rows.push_back(table_row(row.part, row, words));
    }
    // A total for each pair of currencies: the last one is the footer.
    std::vector<std::string> footer;
    for (const ComparisonRow& total : comparison.totals) {
        if (!footer.empty()) rows.push_back(footer);
        footer = table_row("TOTAL", total, words);
    }
    std::string text = comparison.month;
    text.append(", up to ").append(to_text(comparison.as_of)).append("\n\n");
    text += to_table(columns, rows, footer);
    return text;
}

std::string comparison_csv(const Comparison& comparison, const ComparisonWords& words) {
    std::vector<std::string> head = {"month", part_name(comparison)};
    for (const Cell& cell : cells_of({}, words)) head.push_back(cell.name);
    std::string text = to_csv_line(head);
    for (const ComparisonRow& row : comparison.rows) {
        std::vector<std::string> cells = {comparison.month, row.part};
        for (const Cell& cell : cells_of(row, words)) cells.push_back(cell.text.value_or(""));
        text += to_csv_line(cells);
    }
    return text;
}

std::string comparison_json(const Comparison& comparison, const ComparisonWords& words) {
    Json json = {{"month", comparison.month},
                 {"as_of", to_text(comparison.as_of)},
                 {"rows", Json::array()},
                 {"totals", Json::array()}};
    for (const ComparisonRow& row : comparison.rows) {
        Json entry = {{part_name(comparison), row.part}};
        entry.update(to_json(row, words));
        json["rows"].push_back(entry);
    }
    for (const ComparisonRow& total : comparison.totals) {
        json["totals"].push_back(to_json(total, words));
    }
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reports
