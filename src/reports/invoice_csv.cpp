#include "reports/invoice_csv.h"

#include <array>

#include "reports/csv.h"
#include "reports/table.h"

namespace reports {
namespace {

using invoicing::Correction;
using invoicing::Invoice;
using invoicing::Line;
using invoicing::LineKind;
using invoicing::TaxLine;
using invoicing::TaxTerms;

constexpr auto columns = std::to_array<std::string_view>({
    // Of every row.
    "record",
    "position",
    "number",
    "document",
    "account",
    "month",
    "issued_at",
    "due_date",
    "currency",
    // Of lines and corrections; tax_category and tax_rate of taxes too.
    "kind",
    "model",
    "plan",
    "period",
    "instances",
    "runs",
    "used_seconds",
    "rounding_seconds",
    "minimum_seconds",
    "spin_down_seconds",
    "billable_seconds",
    "gb_seconds",
    "unit_price",
    "amount",
    "payable",
    "amount_before",
    "corrects",
    "reference",
    "reason",
    "author",
    "entered_at",
    "tax_category",
    "tax_rate",
    "tax_text",
    // Of taxes.
    "taxable",
    "tax",
    // Of the total.
    "total_exact",
    "net",
    "total_tax",
    "total",
});

std::string reasons_of(const Line& line) {
    std::string text;
    for (const std::string& reason : line.reasons) text += (text.empty() ? "" : "; ") + reason;
    return text;
}

// One row: what is set by its column's name, in the order of the columns.
class Record {
  public:
    Record(std::string_view record, std::size_t position, const Invoice& invoice) {
        set("record", std::string(record));
        set("position", std::to_string(position));
        set("number", invoice.number.value_or(""));
        set("document", std::string(to_text(invoice.kind)));
        set("account", invoice.account);
        set("month", invoice.month);
        if (invoice.issued_at) set("issued_at", to_text(*invoice.issued_at));
        set("due_date", invoice.due_date);
        set("currency", std::string(invoice.currency.code()));
    }

    void set(std::string_view column, std::string text) {
        const auto at = std::ranges::find(columns, column);
        fields_.at(static_cast<std::size_t>(at - columns.begin())) = std::move(text);
    }
    void set(const TaxTerms& terms) {
        set("tax_category", std::string(to_text(terms.category)));
        set("tax_rate", to_text(terms.rate));
        set("tax_text", terms.text);
    }
    std::string text() const { return to_csv_line(fields_); }

  private:
    std::vector<std::string> fields_ = std::vector<std::string>(columns.size());
};

void set_quantities(Record& record, const Line& line) {
    record.set("instances", std::to_string(line.instances));
    record.set("runs", std::to_string(line.runs));
    record.set("used_seconds", to_text(line.used));
    record.set("rounding_seconds", to_text(line.rounding));
    record.set("minimum_seconds", to_text(line.minimum));
    record.set("spin_down_seconds", to_text(line.spin_down));
    record.set("billable_seconds", to_text(line.billable));
    record.set("gb_seconds", to_text(line.gb_seconds));
    record.set("unit_price", to_text(line.unit_price));
}

std::string row_of(const Line& line, std::size_t position, const Invoice& invoice) {
    Record record("line", position, invoice);
    record.set("kind", line.kind == LineKind::usage ? "usage" : "adjustment");
    record.set("model", line.model.text());
    record.set("plan", line.plan);
    record.set("period", line.period);
    set_quantities(record, line);
    record.set("amount", to_text(line.amount.value()));
    record.set("payable", to_text(line.payable));
    if (line.invoiced_before) record.set("amount_before", to_text(*line.invoiced_before));
    record.set("corrects", joined(line.invoiced_on));
    record.set("reason", reasons_of(line));
    record.set(line.tax);
    return record.text();
}

std::string row_of(const Correction& correction, std::size_t position, const Invoice& invoice) {
    Record record("correction", position, invoice);
    record.set("kind", correction.amount.value().is_negative() ? "credit" : "charge");
    record.set("reference", correction.reference);
    record.set("reason", correction.reason);
    record.set("author", correction.author);
    record.set("entered_at", to_text(correction.entered_at));
    record.set("amount", to_text(correction.amount.value()));
    record.set("payable", to_text(correction.amount));
    record.set(correction.tax);
    return record.text();
}

std::string row_of(const TaxLine& line, std::size_t position, const Invoice& invoice) {
    Record record("tax", position, invoice);
    record.set(line.terms);
    record.set("taxable", to_text(line.taxable));
    record.set("tax", to_text(line.tax));
    return record.text();
}

std::string total_of(const Invoice& invoice) {
    Record record("total", 1, invoice);
    record.set("corrects", joined(invoice.corrects));
    record.set("reason", invoice.reason);
    record.set("total_exact", to_text(invoice.total_exact.value()));
    record.set("net", to_text(invoice.net));
    record.set("total_tax", to_text(invoice.tax));
    record.set("total", to_text(invoice.total));
    return record.text();
}

template <class Part>
void append_rows(std::string& text, const std::vector<Part>& parts, const Invoice& invoice) {
    for (std::size_t i = 0; i < parts.size(); ++i) text += row_of(parts[i], i + 1, invoice);
}

}  // namespace

std::string invoice_csv(const Invoice& invoice) {
    std::string text = to_csv_line({columns.begin(), columns.end()});
    append_rows(text, invoice.lines, invoice);
    append_rows(text, invoice.corrections, invoice);
    append_rows(text, invoice.taxes, invoice);
    return text + total_of(invoice);
}

}  // namespace reports
