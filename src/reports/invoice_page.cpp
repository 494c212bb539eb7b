#include "reports/invoice_page.h"

#include <kainjow/mustache.hpp>
#include <stdexcept>
#include <tuple>

#include "invoicing/totals.h"
#include "reports/table.h"
#include "reports/templates.h"

namespace reports {
namespace {

using invoicing::Invoice;
using invoicing::Line;
using invoicing::LineKind;
using invoicing::Party;
using invoicing::SessionEntry;
using kainjow::mustache::data;
using kainjow::mustache::list;
using kainjow::mustache::mustache;

std::string text_or(const std::optional<money::Decimal>& value, const char* other) {
    return value ? to_text(*value) : other;
}

// Mustache takes an empty text for something to show.
void set_text(data& result, const char* name, const std::string& text) {
    if (!text.empty()) result.set(name, text);
}

list list_of(const std::vector<std::string>& texts) {
    list result;
    for (const std::string& text : texts) result.push_back(data(text));
    return result;
}

data to_data(const Party& party) {
    data result;
    result.set("name", party.name);
    result.set("address", list_of(address_lines(party)));
    set_text(result, "country", party.country);
    set_text(result, "vat_id", party.vat_id);
    set_text(result, "registration_id", party.registration_id);
    set_text(result, "electronic_address", party.electronic_address);
    set_text(result, "email", party.email);
    set_text(result, "iban", party.iban);
    set_text(result, "bic", party.bic);
    return result;
}

data to_data(const invoicing::TaxLine& line) {
    data result;
    result.set("name", describe(line.terms));
    result.set("category", std::string(code_of(line.terms.category)));
    result.set("rate", to_text(line.terms.rate));
    result.set("taxable", to_text(line.taxable));
    result.set("tax", to_text(line.tax));
    set_text(result, "text", line.terms.text);
    return result;
}

// Where tax is stated: the net, and the taxes that make the total of it.
void set_taxes(data& result, const Invoice& invoice) {
    list taxes;
    if (states_tax(invoice)) {
        for (const invoicing::TaxLine& line : invoice.taxes) taxes.push_back(to_data(line));
    }
    result.set("taxed", states_tax(invoice));
    result.set("taxes", taxes);
    result.set("net", to_text(invoice.net));
    result.set("tax", to_text(invoice.tax));
}

data to_data(const Line& line) {
    data result;
    result.set("model", line.model.text());
    result.set("plan", line.plan);
    result.set("period", line.period);
    result.set("adjustment", line.kind == LineKind::adjustment);
    result.set("accruing", line.accruing);
    result.set("instances", std::to_string(line.instances));
    result.set("runs", std::to_string(line.runs));
    result.set("used", to_text(line.used));
    result.set("rounding", to_text(line.rounding));
    result.set("minimum", to_text(line.minimum));
    result.set("spin_down", to_text(line.spin_down));
    result.set("billable", to_text(line.billable));
    result.set("gb_seconds", to_text(line.gb_seconds));
    result.set("unit_price", to_text(line.unit_price));
    result.set("unit_price_per_million", to_text(line.unit_price * money::Decimal(1'000'000)));
    result.set("exact", to_text(line.amount.value()));
    result.set("payable", to_text(line.payable));
    const money::Decimal before = line.invoiced_before.value_or(money::Decimal());
    result.set("before", to_text(before));
    result.set("after", to_text(before + line.amount.value()));
    if (!line.invoiced_on.empty()) result.set("invoiced_on", joined(line.invoiced_on));
    result.set("reasons", list_of(line.reasons));
    return result;
}

data to_data(const SessionEntry& entry, const ShowInstant& show) {
    data result;
    result.set("session", entry.session.text());
    result.set("key", entry.key.text().substr(0, 8));
    result.set("start", entry.start ? show(*entry.start) : "");
    result.set("end", entry.end ? show(*entry.end) : "");
    result.set("accruing", entry.accruing);
    result.set("estimated", entry.estimated);
    result.set("gb", entry.gb.empty() ? std::string("unknown") : entry.gb);
    result.set("concurrency", std::to_string(entry.concurrency));
    result.set("runs", std::to_string(entry.runs));
    result.set("used", to_text(entry.used));
    result.set("rounding", to_text(entry.rounding));
    result.set("minimum", to_text(entry.minimum));
    result.set("spin_down", to_text(entry.spin_down));
    result.set("billable", to_text(entry.billable));
    result.set("gb_seconds", text_or(entry.gb_seconds, "unpriced"));
    result.set("amount", text_or(entry.amount, "unpriced"));
    if (!entry.reason.empty()) {
        const money::Decimal difference = entry.amount.value_or(money::Decimal());
        data correction;
        correction.set("before", to_text(entry.invoiced_before));
        if (!entry.invoiced_on.empty()) correction.set("invoiced_on", joined(entry.invoiced_on));
        correction.set("after", to_text(entry.invoiced_before + difference));
        correction.set("difference", to_text(difference));
        correction.set("reason", entry.reason);
        correction.set("evidence", entry.evidence);
        result.set("correction", correction);
    }
    return result;
}

data to_data(const invoicing::Correction& correction, const ShowInstant& show) {
    data result;
    result.set("credit", correction.amount.value().is_negative());
    result.set("reference", correction.reference);
    result.set("exact", to_text(correction.amount.value()));
    result.set("payable", to_text(correction.amount));
    result.set("author", correction.author);
    result.set("reason", correction.reason);
    result.set("entered_at", show(correction.entered_at));
    result.set("sequence", std::to_string(correction.sequence));
    result.set("hash", correction.hash);
    return result;
}

auto group_of(const SessionEntry& entry) {
    return std::tie(entry.kind, entry.period, entry.model, entry.plan);
}

// The appendix, in groups that are the lines: the sessions come in their order.
list groups_of(const Invoice& invoice, const ShowInstant& show) {
    list groups;
    const auto& sessions = invoice.sessions;
    for (std::size_t first = 0; first < sessions.size();) {
        data group;
        group.set("model", sessions[first].model.text());
        group.set("plan", sessions[first].plan);
        group.set("period", sessions[first].period);
        group.set("adjustment", sessions[first].kind == LineKind::adjustment);
        list entries;
        std::size_t next = first;
        for (; next < sessions.size() && group_of(sessions[next]) == group_of(sessions[first]);
             ++next) {
            entries.push_back(to_data(sessions[next], show));
        }
        group.set("entries", entries);
        groups.push_back(group);
        first = next;
    }
    return groups;
}

data to_data(const Invoice& invoice, const ShowInstant& show, const std::string& style) {
    data result;
    result.set("style", style);
    result.set("credit_note", invoice.kind == invoicing::DocumentKind::credit_note);
    if (!invoice.corrects.empty()) result.set("corrects", joined(invoice.corrects));
    if (!invoice.reason.empty()) result.set("reason", invoice.reason);
    result.set("draft", !invoice.number.has_value());
    result.set("number", invoice.number.value_or("draft"));
    result.set("issued_at", invoice.issued_at ? show(*invoice.issued_at) : "");
    result.set("accrued_to", invoice.accrued_to ? show(*invoice.accrued_to) : "");
    result.set("account", invoice.account);
    result.set("account_id", invoice.account_id.text());
    result.set("month", invoice.month);
    result.set("timezone", invoice.timezone);
    result.set("currency", std::string(invoice.currency.code()));
    result.set("issuer", to_data(invoice.issuer));
    result.set("customer", to_data(invoice.customer));
    list lines;
    for (const Line& line : invoice.lines) lines.push_back(to_data(line));
    result.set("lines", lines);
    list corrections;
    for (const auto& correction : invoice.corrections) {
        corrections.push_back(to_data(correction, show));
    }
    result.set("corrections", corrections);
    result.set("groups", groups_of(invoice, show));
    result.set("total_exact", to_text(invoice.total_exact.value()));
    set_taxes(result, invoice);
    result.set("total", to_text(invoice.total));
    set_text(result, "due_date", invoice.due_date);
    result.set("digest", invoice.digest);
    list heads;
    for (const invoicing::ChainHead& head : invoice.chain_heads) {
        data entry;
        entry.set("gateway", head.gateway);
        entry.set("facts", std::to_string(head.facts));
        entry.set("hash", head.hash);
        heads.push_back(entry);
    }
    result.set("chain_heads", heads);
    return result;
}

}  // namespace

PageTemplate get_invoice_template(const std::string& folder) {
    return {.html = get_template(folder, "invoice.html"),
            .style = get_template(folder, "invoice.css")};
}

std::string invoice_page(const Invoice& invoice, const ShowInstant& show,
                         const PageTemplate& page) {
    mustache renderer(page.html);
    if (!renderer.is_valid()) {
        throw std::runtime_error("invoice.html: " + renderer.error_message());
    }
    return renderer.render(to_data(invoice, show, page.style));
}

}  // namespace reports
