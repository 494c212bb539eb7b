#include "reports/invoice_list.h"

#include <nlohmann/json.hpp>

#include "reports/csv.h"
#include "reports/table.h"

namespace reports {

using invoicing::Summary;

std::string invoice_table(const std::vector<Summary>& invoices) {
    std::vector<std::vector<std::string>> rows;
    for (const Summary& invoice : invoices) {
        rows.push_back({invoice.number, invoice.account, invoice.month, to_text(invoice.issued_at),
                        to_text(invoice.total), std::string(invoice.total.currency().code()),
                        std::string(to_text(invoice.kind))});
    }
    return to_table({{"NUMBER"},
                     {"ACCOUNT"},
                     {"MONTH"},
                     {"ISSUED"},
                     {"TOTAL", Align::right},
                     {"CURRENCY"},
                     {"KIND"}},
                    rows);
}

std::string invoice_csv(const std::vector<Summary>& invoices) {
    std::string text = to_csv_line({"number", "account", "month", "issued_at", "currency", "total",
                                    "total_exact", "digest", "kind"});
    for (const Summary& invoice : invoices) {
        text +=
            to_csv_line({invoice.number, invoice.account, invoice.month, to_text(invoice.issued_at),
                         std::string(invoice.total.currency().code()), to_text(invoice.total),
                         to_text(invoice.total_exact.value()), invoice.digest,
                         std::string(to_text(invoice.kind))});
    }
    return text;
}

std::string invoice_list_json(const std::vector<Summary>& invoices) {
    using Json = nlohmann::ordered_json;
    Json list = Json::array();
    for (const Summary& invoice : invoices) {
        list.push_back({{"number", invoice.number},
                        {"account", invoice.account},
                        {"month", invoice.month},
                        {"issued_at", to_text(invoice.issued_at)},
                        {"currency", invoice.total.currency().code()},
                        {"total", to_text(invoice.total)},
                        {"total_exact", to_text(invoice.total_exact.value())},
                        {"digest", invoice.digest},
                        {"kind", to_text(invoice.kind)}});
    }
    return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reports
