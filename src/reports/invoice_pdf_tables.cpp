#include "reports/invoice_pdf_tables.h"

#include <tuple>

#include "reports/invoice_pdf_totals.h"

namespace reports {
namespace {

using invoicing::Invoice;
using invoicing::Line;
using invoicing::LineKind;
using invoicing::SessionEntry;
using money::Decimal;

constexpr TextStyle strong{.size = 8.5, .weight = Weight::bold};
constexpr TextStyle figures{.size = 8.5};
constexpr TextStyle small{.size = 7};

enum class Taxes { none, shown };

std::string text_or(const std::optional<Decimal>& value, const char* other) {
    return value ? to_text(*value) : other;
}

std::string change_text(const Decimal& before, const std::vector<std::string>& invoiced_on,
                        const Decimal& difference) {
    std::string text = "Invoiced before ";
    text.append(to_text(before));
    if (!invoiced_on.empty()) text.append(" (").append(joined(invoiced_on)).append(")");
    text.append(", now ").append(to_text(before + difference));
    return text.append(", difference ").append(to_text(difference));
}

std::string note_of(const Line& line, Taxes taxes) {
    std::string note;
    if (line.kind == LineKind::adjustment) note += "Adjustment of " + line.period + " · ";
    if (line.accruing) note += "Accruing · ";
    note.append("Plan ").append(isolated(line.plan)).append(" · ");
    note.append(to_text(line.used)).append(" s used + ");
    note.append(to_text(line.rounding)).append(" s rounding + ");
    note.append(to_text(line.minimum)).append(" s minimum = ");
    note.append(to_text(line.billable)).append(" s billable; ");
    note.append(to_text(line.spin_down)).append(" s of the used time spin-down");
    if (taxes == Taxes::shown) note.append(" · ").append(describe(line.tax));
    if (line.kind == LineKind::usage) return note;
    note.append("\n").append(change_text(line.invoiced_before.value_or(Decimal()), line.invoiced_on,
                                         line.amount.value()));
    for (const std::string& reason : line.reasons) note.append("\n").append(reason);
    return note;
}

PdfRow row_of(const Line& line, Taxes taxes) {
    return {.cells = {{line.model.text()},
                      {std::to_string(line.instances)},
                      {std::to_string(line.runs)},
                      {to_text(line.gb_seconds)},
                      {to_text(line.unit_price),
                       to_text(line.unit_price * Decimal(1'000'000)) + " per million"},
                      {to_text(line.amount.value())},
                      {to_text(line.payable)}},
            .note = note_of(line, taxes)};
}

PdfRow row_of(const invoicing::Correction& correction, const ShowInstant& show, Taxes taxes) {
    const bool is_credit = correction.amount.value().is_negative();
    PdfRow row{.note = correction.reason};
    row.note.append("\nEntered by ").append(isolated(correction.author)).append(", ");
    row.note.append(show(correction.entered_at)).append("; entry ");
    row.note.append(std::to_string(correction.sequence)).append(" of the account, ");
    row.note.append(correction.hash);
    if (taxes == Taxes::shown) row.note.append(" · ").append(describe(correction.tax));
    row.cells.resize(7);
    row.cells[0].text = is_credit ? "Credit " : "Charge ";
    row.cells[0].text += isolated(correction.reference);
    row.cells[5].text = to_text(correction.amount.value());
    row.cells[6].text = to_text(correction.amount);
    return row;
}

std::string end_text(const SessionEntry& entry, const ShowInstant& show) {
    std::string text = entry.end ? show(*entry.end) : "";
    if (entry.accruing) text += " open";
    if (entry.estimated) text += " estimated";
    return text;
}

std::string size_text(const SessionEntry& entry) {
    std::string text = entry.gb.empty() ? "unknown" : entry.gb;
    return text.append(" × ").append(std::to_string(entry.concurrency));
}

PdfRow row_of(const SessionEntry& entry, const ShowInstant& show) {
    PdfRow row{.cells = {{entry.session.text(), "key " + entry.key.text().substr(0, 8)},
                         {entry.start ? show(*entry.start) : "", end_text(entry, show)},
                         {size_text(entry), std::to_string(entry.runs) + " runs"},
                         {to_text(entry.used)},
                         {to_text(entry.rounding)},
                         {to_text(entry.minimum)},
                         {to_text(entry.billable)},
                         {text_or(entry.gb_seconds, "unpriced")},
                         {text_or(entry.amount, "unpriced")}}};
    if (!entry.reason.empty()) {
        row.note =
            change_text(entry.invoiced_before, entry.invoiced_on, entry.amount.value_or(Decimal()));
        row.note.append(": ").append(entry.reason).append(". Evidence: ").append(entry.evidence);
    }
    return row;
}

auto line_of(const SessionEntry& entry) {
    return std::tie(entry.kind, entry.period, entry.model, entry.plan);
}

std::string heading_of(const SessionEntry& entry) {
    std::string heading = isolated(entry.model.text());
    heading.append(" · Plan ").append(isolated(entry.plan));
    if (entry.kind == LineKind::adjustment) heading += " · Adjustment of " + entry.period;
    return heading;
}

PdfColumn number(std::string title, const TextStyle& style, double at_most) {
    return {.title = std::move(title), .align = Align::right, .style = style, .at_most = at_most};
}

PdfColumn decimal(std::string title, const TextStyle& style, double at_most) {
    PdfColumn column = number(std::move(title), style, at_most);
    column.on_the_point = true;
    return column;
}

}  // namespace

PdfTable lines_table(const Invoice& invoice, const ShowInstant& show) {
    PdfTable table{.columns = {{.title = "Model", .style = strong},
                               number("Instances", figures, 42),
                               number("Runs", figures, 42),
                               decimal("GB-seconds", figures, 70),
                               number("Unit price", figures, 74),
                               decimal("Exact", figures, 74),
                               decimal(std::string(invoice.currency.code()), strong, 66)},
                   .gap = 9,
                   .padding = 5};
    const Taxes taxes = has_taxes(invoice) ? Taxes::shown : Taxes::none;
    PdfGroup& group = table.groups.emplace_back();
    for (const Line& line : invoice.lines) group.rows.push_back(row_of(line, taxes));
    for (const auto& correction : invoice.corrections) {
        group.rows.push_back(row_of(correction, show, taxes));
    }
    return table;
}

PdfTable sessions_table(const Invoice& invoice, const ShowInstant& show) {
    PdfTable table{
        .columns = {{.title = "Session", .style = small},
                    {.title = "Start and end", .style = small, .second = small, .at_most = 132},
                    number("GB × replicas", small, 56),
                    decimal("Used", small, 44),
                    decimal("Rounding", small, 40),
                    decimal("Minimum", small, 40),
                    decimal("Billable", small, 44),
                    decimal("GB-seconds", small, 48),
                    decimal("Amount", small, 56)},
        .head = {.size = 6.5, .colour = colours::soft},
        .note = {.size = 6.5, .colour = colours::soft},
        .gap = 7,
        .padding = 2.5};
    const SessionEntry* previous = nullptr;
    for (const SessionEntry& entry : invoice.sessions) {
        if (previous == nullptr || line_of(entry) != line_of(*previous)) {
            table.groups.push_back({.heading = heading_of(entry)});
        }
        table.groups.back().rows.push_back(row_of(entry, show));
        previous = &entry;
    }
    return table;
}

}  // namespace reports
