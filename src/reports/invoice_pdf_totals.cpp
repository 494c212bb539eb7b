#include "reports/invoice_pdf_totals.h"

namespace reports {
namespace {

using invoicing::Invoice;
using invoicing::TaxLine;

constexpr TextStyle total_style{.size = 12, .weight = Weight::bold};
constexpr TextStyle strong{.size = 9, .weight = Weight::bold};
constexpr TextStyle body{.size = 9};
constexpr TextStyle quiet{.size = 8, .colour = colours::soft};
constexpr TextStyle label{.size = 7, .colour = colours::soft};
constexpr double sums_width = 220;
constexpr double payment_width = sheet::inner_width - sums_width - 24;

/// A line of either column.
struct Entry {
    SetText text;
    SetText value = {};  // at the right
    double rule = 0;     // thickness of the one above; 0: none
};

double height_of(const Entry& entry) {
    return std::max(entry.text.height(), entry.value.height()) + 2 + (entry.rule > 0 ? 7 : 0);
}

double height_of(const std::vector<Entry>& entries) {
    double height = 0;
    for (const Entry& entry : entries) height += height_of(entry);
    return height;
}

class Totals {
  public:
    Totals(PdfDocument& document, const Invoice& invoice) : document_(document), invoice_(invoice) {
        list_sums();
        list_payment();
    }

    void run() {
        const double height = std::max(height_of(sums_), height_of(payment_)) + 8;
        document_.require_room(height);
        const double y = document_.y() + 8;
        place(sums_, sheet::width - sheet::side - sums_width, sums_width, y);
        place(payment_, sheet::side, payment_width, y);
        document_.move_down(height + 24);
    }

  private:
    void add_sum(const std::string& text, const std::string& value, const TextStyle& text_style,
                 const TextStyle& value_style, double rule = 0) {
        Typesetter& setter = document_.typesetter();
        SetText set_value =
            setter.set(value, value_style, {.width = sums_width, .align = Align::right});
        const double left = std::max(60.0, sums_width - set_value.width() - 8);
        sums_.push_back({.text = setter.set(text, text_style, {.width = left}),
                         .value = std::move(set_value),
                         .rule = rule});
    }

    void add_tax(const TaxLine& line) {
        add_sum(describe(line.terms) + " of " + to_text(line.taxable), to_text(line.tax), body,
                body);
        if (line.terms.text.empty()) return;
        sums_.push_back(
            {.text = document_.typesetter().set(line.terms.text, label, {.width = sums_width})});
    }

    void list_sums() {
        add_sum("Exact total", to_text(invoice_.total_exact.value()), quiet, quiet);
        if (has_taxes(invoice_)) {
            add_sum("Net", to_text(invoice_.net), body, body);
            for (const TaxLine& line : invoice_.taxes) add_tax(line);
        }
        add_sum("Total " + std::string(invoice_.currency.code()), to_text(invoice_.total), strong,
                total_style, 0.7);
    }

    void add_payment(const std::string& text, const TextStyle& style) {
        payment_.push_back(
            {.text = document_.typesetter().set(text, style, {.width = payment_width})});
    }

    void list_payment() {
        if (invoice_.total.value() <= money::Decimal()) return;
        const invoicing::Party& issuer = invoice_.issuer;
        if (invoice_.payment_days > 0) {
            const std::string days = std::to_string(invoice_.payment_days);
            add_payment(invoice_.due_date.empty() ? "Payable within " + days + " days of issue"
                                                  : "Payable by " + invoice_.due_date,
                        strong);
        }
        if (issuer.iban.empty()) return;
        add_payment("To " + isolated(issuer.name), body);
        add_payment("IBAN " + in_fours(issuer.iban), body);
        if (!issuer.bic.empty()) add_payment("BIC " + issuer.bic, body);
        if (invoice_.number) add_payment("Reference " + *invoice_.number, body);
    }

    // As an IBAN is printed.
    static std::string in_fours(const std::string& text) {
        std::string result;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (i > 0 && i % 4 == 0) result += ' ';
            result += text[i];
        }
        return result;
    }

    void place(std::vector<Entry>& entries, double x, double width, double y) {
        for (Entry& entry : entries) {
            const double height = height_of(entry);
            double top = y;
            if (entry.rule > 0) {
                document_.rule(y + 2, entry.rule, colours::ink, x, width);
                top += 7;
            }
            const double baseline = std::max(entry.text.baseline(), entry.value.baseline());
            const double text_down = baseline - entry.text.baseline();
            const double value_down = baseline - entry.value.baseline();
            document_.place(std::move(entry.text), x, top + text_down);
            document_.place(std::move(entry.value), x, top + value_down);
            y += height;
        }
    }

    PdfDocument& document_;
    const Invoice& invoice_;
    std::vector<Entry> sums_;
    std::vector<Entry> payment_;
};

}  // namespace

bool has_taxes(const Invoice& invoice) {
    return std::ranges::any_of(invoice.taxes, [](const TaxLine& line) {
        return line.terms.category != invoicing::TaxCategory::out_of_scope ||
               !line.terms.text.empty();
    });
}

void draw_totals(PdfDocument& document, const Invoice& invoice) {
    Totals(document, invoice).run();
}

}  // namespace reports
