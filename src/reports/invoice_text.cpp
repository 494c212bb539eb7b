#include "reports/invoice_text.h"

#include <algorithm>
#include <cstdlib>

#include "invoicing/totals.h"
#include "reports/table.h"

namespace reports {
namespace {

using invoicing::Invoice;
using invoicing::Line;
using invoicing::LineKind;
using invoicing::SessionEntry;

void append_fact(std::string& text, std::string_view name, std::string_view value) {
    text.append(name).append(10 - name.size(), ' ').append(value) += '\n';
}

std::string title_of(const Invoice& invoice) {
    if (invoice.kind == invoicing::DocumentKind::credit_note)
        return invoice.number ? "Credit note" : "Draft credit note";
    return invoice.number ? "Invoice" : "Draft invoice";
}

void append_party(std::string& text, std::string_view role, const invoicing::Party& party) {
    append_fact(text, role, to_printable(party.name));
    for (const std::string& line : address_lines(party)) append_fact(text, "", to_printable(line));
    if (!party.country.empty()) append_fact(text, "", to_printable(party.country));
    if (!party.vat_id.empty())
        append_fact(text, "", std::string("VAT ").append(to_printable(party.vat_id)));
    if (!party.registration_id.empty())
        append_fact(text, "",
                    std::string("Registered ").append(to_printable(party.registration_id)));
    if (!party.email.empty()) append_fact(text, "", to_printable(party.email));
}

std::string heading(const Invoice& invoice, const ShowInstant& show) {
    std::string text = title_of(invoice);
    if (invoice.number) text += " " + *invoice.number;
    const std::size_t width = text.size();
    text.append("\n").append(width, '=').append("\n\n");
    append_party(text, "From", invoice.issuer);
    append_party(text, "To", invoice.customer);
    append_fact(text, "Month", invoice.month);
    append_fact(text, "Zone", invoice.timezone);
    if (invoice.issued_at) append_fact(text, "Issued", show(*invoice.issued_at));
    if (!invoice.due_date.empty()) append_fact(text, "Due", invoice.due_date);
    if (invoice.accrued_to) append_fact(text, "Accrued", "up to " + show(*invoice.accrued_to));
    append_fact(text, "Currency", invoice.currency.code());
    if (!invoice.corrects.empty()) append_fact(text, "Corrects", joined(invoice.corrects));
    if (!invoice.reason.empty()) append_fact(text, "Reason", to_printable(invoice.reason));
    return text += '\n';
}

std::string line_name(const Line& line) {
    std::string name = line.model.text();
    if (line.kind == LineKind::adjustment) name += " (adjustment of " + line.period + ")";
    if (line.accruing) name += " (accruing)";
    return name;
}

std::string name_of(const invoicing::Correction& correction) {
    std::string name = correction.amount.value().is_negative() ? "Credit " : "Charge ";
    return name.append(correction.reference);
}

std::string lines_of(const Invoice& invoice) {
    std::vector<std::vector<std::string>> rows;
    for (const Line& line : invoice.lines) {
        rows.push_back({line_name(line), line.plan, std::to_string(line.instances),
                        std::to_string(line.runs), to_text(line.used), to_text(line.rounding),
                        to_text(line.minimum), to_text(line.billable), to_text(line.gb_seconds),
                        to_text(line.unit_price), to_text(line.amount.value()),
                        to_text(line.payable)});
    }
    for (const invoicing::Correction& correction : invoice.corrections) {
        std::vector<std::string> row(12);
        row[0] = name_of(correction);
        row[10] = to_text(correction.amount.value());
        row[11] = to_text(correction.amount);
        rows.push_back(row);
    }
    return to_table({{"MODEL"},
                     {"PLAN"},
                     {"INSTANCES", Align::right},
                     {"RUNS", Align::right},
                     {"USED S", Align::right},
                     {"ROUNDING S", Align::right},
                     {"MINIMUM S", Align::right},
                     {"BILLABLE S", Align::right},
                     {"GB-SECONDS", Align::right},
                     {"PER GB-SECOND", Align::right},
                     {"EXACT", Align::right},
                     {"PAYABLE", Align::right}},
                    rows,
                    {states_tax(invoice) ? "NET" : "TOTAL", "", "", "", "", "", "", "", "", "",
                     to_text(invoice.total_exact.value()), to_text(invoice.net)});
}

std::string sessions_of(const Invoice& invoice, const ShowInstant& show) {
    std::vector<std::vector<std::string>> rows;
    for (const SessionEntry& entry : invoice.sessions) {
        std::string end = entry.end ? show(*entry.end) : "";
        if (entry.accruing) end += " (open)";
        if (entry.estimated) end += " (estimated)";
        rows.push_back({entry.session.text(), entry.model.text(), entry.period,
                        entry.start ? show(*entry.start) : "", end,
                        entry.gb.empty() ? "unknown" : entry.gb, std::to_string(entry.concurrency),
                        to_text(entry.used), to_text(entry.billable),
                        entry.gb_seconds ? to_text(*entry.gb_seconds) : "unpriced",
                        entry.amount ? to_text(*entry.amount) : "unpriced"});
    }
    return to_table({{"SESSION"},
                     {"MODEL"},
                     {"PERIOD"},
                     {"START"},
                     {"END"},
                     {"GB", Align::right},
                     {"REPLICAS", Align::right},
                     {"USED S", Align::right},
                     {"BILLABLE S", Align::right},
                     {"GB-SECONDS", Align::right},
                     {"AMOUNT", Align::right}},
                    rows);
}

std::string heads_of(const Invoice& invoice) {
    std::string text;
    for (const invoicing::ChainHead& head : invoice.chain_heads) {
        text += "Chain of " + std::to_string(head.facts) + " facts of gateway " + head.gateway +
                " (SHA-256) " + head.hash + "\n";
    }
    return text;
}

// What the adjustments correct, and why. Empty: nothing is.
std::string corrections_of(const Invoice& invoice) {
    std::vector<std::vector<std::string>> rows;
    for (const SessionEntry& entry : invoice.sessions) {
        if (entry.reason.empty()) continue;
        const money::Decimal difference = entry.amount.value_or(money::Decimal());
        rows.push_back({entry.session.text(), entry.period, to_text(entry.invoiced_before),
                        joined(entry.invoiced_on), to_text(entry.invoiced_before + difference),
                        to_text(difference), entry.reason, entry.evidence});
    }
    if (rows.empty()) return "";
    return "\nAdjustments of sessions\n" + to_table({{"SESSION"},
                                                     {"PERIOD"},
                                                     {"INVOICED BEFORE", Align::right},
                                                     {"ON"},
                                                     {"NOW", Align::right},
                                                     {"DIFFERENCE", Align::right},
                                                     {"REASON"},
                                                     {"EVIDENCE"}},
                                                    rows);
}

// Under the lines: each adjustment once more, with what it changes.
std::string notes_of(const Invoice& invoice) {
    std::string text;
    for (const Line& line : invoice.lines) {
        if (line.reasons.empty()) continue;
        const money::Decimal before = line.invoiced_before.value_or(money::Decimal());
        text.append("\n").append(to_printable(line_name(line))).append(": invoiced before ");
        text += to_text(before);
        if (!line.invoiced_on.empty()) text += " (" + joined(line.invoiced_on) + ")";
        text += ", now " + to_text(before + line.amount.value()) + ", difference " +
                to_text(line.amount.value()) + "\n";
        for (const std::string& reason : line.reasons) text += "  " + to_printable(reason) + "\n";
    }
    return text;
}

// Under the lines: who entered each correction, when and why.
std::string correction_notes(const Invoice& invoice, const ShowInstant& show) {
    std::string text;
    for (const invoicing::Correction& correction : invoice.corrections) {
        text.append("\n").append(to_printable(name_of(correction))).append(": ");
        text.append(to_printable(correction.reason)).append("\n  entered by ");
        text.append(to_printable(correction.author)).append(", ");
        text.append(show(correction.entered_at)).append(", entry ");
        text.append(std::to_string(correction.sequence)).append(" of the account, hash ");
        text.append(correction.hash).append("\n");
    }
    return text;
}

// What the lines come to, line by line as they add up; then what the law wants said, and the bank.
std::string sums_of(const Invoice& invoice) {
    const auto money = [&](const money::Payable& payable) {
        return to_text(payable).append(" ").append(invoice.currency.code());
    };
    std::string text = "\n";
    if (states_tax(invoice)) {
        text.append("Net ").append(money(invoice.net)).append("\n");
        for (const invoicing::TaxLine& line : invoice.taxes) {
            text.append(describe(line.terms)).append(": ").append(to_text(line.tax));
            text.append(" on ").append(money(line.taxable)).append("\n");
        }
    }
    text.append("Total ").append(money(invoice.total)).append("\n");
    for (const invoicing::TaxLine& line : invoice.taxes) {
        if (!line.terms.text.empty()) text.append(to_printable(line.terms.text)).append("\n");
    }
    const invoicing::Party& issuer = invoice.issuer;
    if (!issuer.iban.empty()) {
        text.append("Pay to IBAN ").append(to_printable(issuer.iban));
        if (!issuer.bic.empty()) text.append(", BIC ").append(to_printable(issuer.bic));
        text.append("\n");
    }
    return text.append("\n");
}

std::string two_digits(std::int64_t value) {
    std::string digits = std::to_string(value);
    if (digits.size() < 2) digits.insert(digits.begin(), '0');
    return digits;
}

// +05:30; with seconds where a zone of the past had them.
std::string offset_text(calendar::Duration offset) {
    const std::int64_t total = std::abs(offset.micros) / 1'000'000;
    std::string text(1, offset.micros < 0 ? '-' : '+');
    text.append(two_digits(total / 3600)).append(1, ':').append(two_digits(total / 60 % 60));
    if (total % 60 != 0) text.append(1, ':').append(two_digits(total % 60));
    return text;
}

}  // namespace

ShowInstant show_in(const calendar::Zone& zone) {
    return [zone](calendar::Instant instant) {
        const calendar::Duration offset = zone.offset_at(instant);
        std::string text = to_text(instant + offset);
        std::ranges::replace(text, 'T', ' ');
        text.pop_back();  // the Z
        text += ' ';
        return text.append(offset_text(offset));
    };
}

std::string invoice_text(const Invoice& invoice, const ShowInstant& show) {
    return heading(invoice, show) + lines_of(invoice) + notes_of(invoice) +
           correction_notes(invoice, show) + sums_of(invoice) + sessions_of(invoice, show) +
           corrections_of(invoice) + "\nDigest of the inputs (SHA-256) " + invoice.digest + "\n" +
           heads_of(invoice);
}

}  // namespace reports
