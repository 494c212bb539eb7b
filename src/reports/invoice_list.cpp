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
                        to_text(invoice.net), to_text(invoice.tax), to_text(invoice.total),
                        std::string(invoice.total.currency().code()),
                        std::string(to_text(invoice.kind)), std::string(invoice.state())});
    }
    return to_table({{"NUMBER"},
                     {"ACCOUNT"},
                     {"MONTH"},
                     {"ISSUED"},
                     {"NET", Align::right},
                     {"TAX", Align::right},
                     {"TOTAL", Align::right},
                     {"CURRENCY"},
                     {"KIND"},
                     {"STATE"}},
                    rows);
}

std::string invoice_csv(const std::vector<Summary>& invoices) {
    std::string text =
        to_csv_line({"number", "account", "month", "issued_at", "currency", "total", "total_exact",
                     "digest", "kind", "state", "paid", "voided_by", "voids", "net", "tax"});
    for (const Summary& invoice : invoices) {
        text +=
            to_csv_line({invoice.number, invoice.account, invoice.month, to_text(invoice.issued_at),
                         std::string(invoice.total.currency().code()), to_text(invoice.total),
                         to_text(invoice.total_exact.value()), invoice.digest,
                         std::string(to_text(invoice.kind)), std::string(invoice.state()),
                         to_text(invoice.paid), invoice.voided_by, invoice.voids,
                         to_text(invoice.net), to_text(invoice.tax)});
    }
    return text;
}

std::string invoice_list_json(const std::vector<Summary>& invoices) {
    using Json = nlohmann::ordered_json;
    const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
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
                        {"kind", to_text(invoice.kind)},
                        {"state", invoice.state()},
                        {"paid", to_text(invoice.paid)},
                        {"voided_by", or_null(invoice.voided_by)},
                        {"voids", or_null(invoice.voids)},
                        {"net", to_text(invoice.net)},
                        {"tax", to_text(invoice.tax)}});
    }
    return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reports
