#include "reports/usage_report.h"

#include <nlohmann/json.hpp>

#include "reports/csv.h"
#include "reports/table.h"
#include "reports/usage_page.h"

namespace reports {
namespace {

using Json = nlohmann::ordered_json;
using invoicing::Usage;
using invoicing::UsageBy;
using invoicing::UsageRow;
using invoicing::UsageSums;

/// What a row's `part` is called; empty: rows have none.
std::string part_name(UsageBy by) {
    return by == UsageBy::account ? "" : name_of(by);
}

void add_sums(Json& json, const UsageSums& sums) {
    json["sessions"] = sums.sessions;
    json["open_sessions"] = sums.open_sessions;
    json["unpriced_sessions"] = sums.unpriced_sessions;
    json["inferences"] = sums.inferences;
    json["used_seconds"] = to_text(sums.used);
    json["rounding_seconds"] = to_text(sums.rounding);
    json["minimum_seconds"] = to_text(sums.minimum);
    json["spin_down_seconds"] = to_text(sums.spin_down);
    json["billable_seconds"] = to_text(sums.billable);
    json["gb_seconds"] = to_text(sums.gb_seconds);
    json["amount"] = to_text(sums.amount);
}

Json to_json(const UsageRow& row, UsageBy by) {
    Json json = {{"account", row.account},
                 {"account_id", row.account_id.text()},
                 {"timezone", row.timezone}};
    if (!part_name(by).empty()) json[part_name(by)] = row.part;
    add_sums(json, row.sums);
    return json;
}

std::vector<std::string> cells_of(const UsageSums& sums) {
    return {std::to_string(sums.sessions),
            std::to_string(sums.open_sessions),
            std::to_string(sums.inferences),
            to_text(sums.used),
            to_text(sums.billable),
            to_text(sums.gb_seconds),
            to_text(sums.amount)};
}

std::vector<std::string> joined(std::vector<std::string> head,
                                const std::vector<std::string>& tail) {
    for (const std::string& cell : tail) head.push_back(cell);
    return head;
}

std::vector<std::string> head_of(const UsageRow& row, UsageBy by) {
    std::vector<std::string> head = {row.account};
    if (by != UsageBy::account) head.push_back(row.part);
    return head;
}

}  // namespace

std::string usage_table(const Usage& usage) {
    std::vector<Column> columns = {{"ACCOUNT"}};
    if (usage.by == UsageBy::model) columns.push_back({"MODEL"});
    if (usage.by == UsageBy::key) columns.push_back({"KEY"});
    if (usage.by == UsageBy::day) columns.push_back({"DAY"});
    for (const char* title :
         {"SESSIONS", "OPEN", "INFERENCES", "USED S", "BILLABLE S", "GB-SECONDS"}) {
        columns.push_back({title, Align::right});
    }
    columns.push_back({"AMOUNT " + std::string(usage.currency.code()), Align::right});
    std::vector<std::vector<std::string>> rows;
    for (const UsageRow& row : usage.rows) {
        rows.push_back(joined(head_of(row, usage.by), cells_of(row.sums)));
    }
    UsageRow total;
    total.account = std::string("TOTAL");
    std::string text = usage.month;
    text.append(", ").append(usage.timezone.value_or("each account's own time zone"));
    text.append(", up to ").append(to_text(usage.as_of)).append("\n\n");
    text += to_table(columns, rows, joined(head_of(total, usage.by), cells_of(usage.total)));
    if (usage.total.unpriced_sessions > 0) {
        text.append("\n").append(std::to_string(usage.total.unpriced_sessions));
        text += " of the sessions are unpriced: the GB of their model is not known.\n";
    }
    return text;
}

std::string usage_csv(const Usage& usage) {
    std::vector<std::string> head = {"month", "timezone", "currency", "account_id", "account"};
    if (!part_name(usage.by).empty()) head.push_back(part_name(usage.by));
    std::string text = to_csv_line(
        joined(head, {"sessions", "open_sessions", "unpriced_sessions", "inferences",
                      "used_seconds", "rounding_seconds", "minimum_seconds", "spin_down_seconds",
                      "billable_seconds", "gb_seconds", "amount"}));
    for (const UsageRow& row : usage.rows) {
        std::vector<std::string> cells = {
            usage.month, row.timezone, std::string(usage.currency.code()), row.account_id.text()};
        cells = joined(cells, head_of(row, usage.by));
        const UsageSums& sums = row.sums;
        text += to_csv_line(
            joined(cells, {std::to_string(sums.sessions), std::to_string(sums.open_sessions),
                           std::to_string(sums.unpriced_sessions), std::to_string(sums.inferences),
                           to_text(sums.used), to_text(sums.rounding), to_text(sums.minimum),
                           to_text(sums.spin_down), to_text(sums.billable),
                           to_text(sums.gb_seconds), to_text(sums.amount)}));
    }
    return text;
}

std::string usage_json(const Usage& usage) {
    Json json = {{"month", usage.month},
                 {"timezone", usage.timezone ? Json(*usage.timezone) : Json(nullptr)},
                 {"currency", usage.currency.code()},
                 {"as_of", to_text(usage.as_of)},
                 {"rows", Json::array()},
                 {"total", Json::object()}};
    for (const UsageRow& row : usage.rows) json["rows"].push_back(to_json(row, usage.by));
    add_sums(json["total"], usage.total);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reports
