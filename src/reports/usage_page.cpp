#include "reports/usage_page.h"

#include <kainjow/mustache.hpp>
#include <stdexcept>

#include "reports/templates.h"

namespace reports {
namespace {

using invoicing::Usage;
using invoicing::UsageBy;
using invoicing::UsageRow;
using invoicing::UsageSums;
using kainjow::mustache::data;
using kainjow::mustache::list;
using kainjow::mustache::mustache;

data to_data(const UsageSums& sums) {
    data result;
    result.set("sessions", std::to_string(sums.sessions));
    if (sums.open_sessions > 0) result.set("open", std::to_string(sums.open_sessions));
    result.set("inferences", std::to_string(sums.inferences));
    result.set("used", to_text(sums.used));
    result.set("rounding", to_text(sums.rounding));
    result.set("minimum", to_text(sums.minimum));
    result.set("spin_down", to_text(sums.spin_down));
    result.set("billable", to_text(sums.billable));
    result.set("gb_seconds", to_text(sums.gb_seconds));
    result.set("amount", to_text(sums.amount));
    return result;
}

data to_data(const UsageRow& row, UsageBy by) {
    data result = to_data(row.sums);
    result.set("part", by == UsageBy::account ? row.account : row.part);
    return result;
}

// By account, whose name heads its rows; rows that are accounts themselves are one group.
list groups_of(const Usage& usage, const UsageHead& head) {
    list groups;
    const bool has_headings = usage.by != UsageBy::account && head.account.empty();
    for (std::size_t first = 0; first < usage.rows.size();) {
        data group;
        if (has_headings) group.set("heading", usage.rows[first].account);
        list rows;
        std::size_t next = first;
        for (; next < usage.rows.size() &&
               (!has_headings || usage.rows[next].account_id == usage.rows[first].account_id);
             ++next)
            rows.push_back(to_data(usage.rows[next], usage.by));
        group.set("rows", rows);
        groups.push_back(group);
        first = next;
    }
    return groups;
}

data to_data(const Usage& usage, const UsageHead& head, const std::string& style) {
    data result;
    result.set("style", style);
    result.set("issuer", head.issuer);
    if (!head.account.empty()) result.set("account", head.account);
    result.set("month", usage.month);
    result.set("by", name_of(usage.by));
    std::string title = name_of(usage.by);
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    result.set("part_title", title);
    result.set("timezone", usage.timezone.value_or("each account's own"));
    result.set("as_of", to_text(usage.as_of));
    result.set("currency", std::string(usage.currency.code()));
    result.set("groups", groups_of(usage, head));
    result.set("total", to_data(usage.total));
    if (usage.total.unpriced_sessions > 0)
        result.set("unpriced", std::to_string(usage.total.unpriced_sessions));
    return result;
}

}  // namespace

std::string name_of(UsageBy by) {
    switch (by) {
        case UsageBy::model:
            return "model";
        case UsageBy::key:
            return "key";
        case UsageBy::day:
            return "day";
        case UsageBy::account:
            break;
    }
    return "account";
}

PageTemplate get_usage_template(const std::string& folder) {
    return {.html = get_template(folder, "usage.html"),
            .style = get_template(folder, "invoice.css") + get_template(folder, "usage.css")};
}

std::string usage_page(const Usage& usage, const UsageHead& head, const PageTemplate& page) {
    mustache renderer(page.html);
    if (!renderer.is_valid()) throw std::runtime_error("usage.html: " + renderer.error_message());
    return renderer.render(to_data(usage, head, page.style));
}

}  // namespace reports
