// An invoice with everything that FOCUS has a row for, and the sums that it must come to.
#pragma once

#include "invoicing/builders.h"
#include "invoicing/credit_note.h"
#include "invoicing/focus.h"

namespace support {

inline calendar::Zone sample_zone() {
    return calendar::find_zone("Asia/Kolkata").value();
}

inline invoicing::TaxTerms terms(invoicing::TaxCategory category, std::string_view rate = "0") {
    return invoicing::make_tax_terms(category, builders::decimal(rate), "");
}

inline invoicing::Correction by_hand(std::string reference, std::string_view amount,
                                     std::string_view currency, std::string reason) {
    return {.reference = std::move(reference),
            .amount = money::Payable::parse(amount, builders::currency(currency)).value(),
            .author = "Ada",
            .reason = std::move(reason),
            .entered_at = calendar::parse_instant("2026-10-20T08:00:00Z").value()};
}

/// As issued under that number.
inline invoicing::Invoice issued(const invoicing::DraftInput& input, std::string number) {
    invoicing::Draft draft = invoicing::make_draft(input, builders::fake_digest);
    if (!draft.obstacles.empty()) throw std::runtime_error(draft.obstacles.front().reason);
    draft.invoice.number = std::move(number);
    draft.invoice.issued_at = calendar::parse_instant("2026-11-02T00:00:00Z");
    return std::move(draft.invoice);
}

/// Two sessions of one model, one of another that was dear, a correction of September, a credit and
/// a charge by hand, 19 % tax: rows of every category.
inline invoicing::Invoice sample_invoice() {
    using builders::Row;
    auto input =
        builders::input({Row("s-1"), Row("s-2").seconds("120"),
                         Row("s-3").model("@cf/\"quoted\", model").plan("dear").priced("0.03", "1"),
                         Row("s-4").period("2026-09").seconds("300").negated().corrects(
                             "TG-2026-000001", "0.01", "the end moved")});
    input.issuer.vat_id = "GB1";
    input.corrections = {by_hand("promise", "-0.50", "USD", "goodwill, \"as agreed\""),
                         by_hand("set-up", "0.57", "USD", "set-up")};
    input.tax = terms(invoicing::TaxCategory::standard, "19");
    return issued(input, "TG-2026-000007");
}

/// All rows of an invoice.
inline std::vector<invoicing::FocusRow> rows_of(const invoicing::Invoice& invoice,
                                                const calendar::Zone& zone) {
    const auto statement = statement_of(invoice, zone);
    std::vector<invoicing::FocusRow> rows;
    for (const auto& entry : invoice.sessions)
        rows.push_back(usage_row(statement, entry, get_unit_price(invoice, entry), zone));
    for (auto& row : rows_beside_usage(invoice, statement, zone)) rows.push_back(std::move(row));
    return rows;
}

inline money::Decimal sum_of(const std::vector<invoicing::FocusRow>& rows) {
    money::Decimal sum;
    for (const auto& row : rows) sum += row.cost;
    return sum;
}

}  // namespace support
