#include "invoicing/document.h"

#include <nlohmann/json.hpp>

#include "invoicing/object_text.h"
#include "invoicing/party_fields.h"
#include "invoicing/totals.h"

namespace invoicing {
namespace {

using money::Decimal;

std::string_view name_of(LineKind kind) {
    return kind == LineKind::usage ? "usage" : "adjustment";
}

/// Digits alone: nothing to escape.
std::string quoted_digits(std::string digits) {
    digits.insert(digits.begin(), '"');
    return digits += '"';
}
std::string text_of(const Decimal& value) {
    return quoted_digits(to_text(value));
}
std::string text_of(const money::Payable& value) {
    return quoted_digits(to_text(value));
}
std::string text_of(const calendar::Instant& instant) {
    return quoted_digits(to_text(instant));
}
template <class Value>
std::string text_of(const std::optional<Value>& value) {
    return value ? text_of(*value) : "null";
}

// Documents from before a party had more than an address stay as they are, and so do their digests.
std::string to_json(const Party& party, KeyOrder order) {
    ObjectText json(order);
    json.put_string("name", party.name);
    json.put_string("address", party.address);
    json.put_string("country", party.country);
    json.put_string("vat_id", party.vat_id);
    if (!party.street.empty()) json.put("street", json_string(party.street));
    for (const auto& [key, field] : later_party_fields) {
        if (!(party.*field).empty()) json.put_string(key, party.*field);
    }
    return json.text();
}

void put_terms(ObjectText& json, const TaxTerms& terms) {
    json.put_string("category", to_text(terms.category));
    json.put("rate", text_of(terms.rate));
    if (!terms.text.empty()) json.put_string("text", terms.text);
}

// The same of documents from before there were taxes: what bears none and says nothing of it.
void put_tax(ObjectText& json, const TaxTerms& terms) {
    if (terms == TaxTerms{}) return;
    ObjectText tax(json.order());
    put_terms(tax, terms);
    json.put("tax", tax.text());
}

std::string to_json(const TaxLine& line, KeyOrder order) {
    ObjectText json(order);
    put_terms(json, line.terms);
    json.put("taxable", text_of(line.taxable));
    json.put("tax", text_of(line.tax));
    return json.text();
}

Decimal per_million(const Decimal& price) {
    return price * Decimal(1'000'000);
}

template <class Sums>
void put_seconds(ObjectText& json, const Sums& sums) {
    json.put("used_seconds", text_of(sums.used));
    json.put("rounding_seconds", text_of(sums.rounding));
    json.put("minimum_seconds", text_of(sums.minimum));
    json.put("spin_down_seconds", text_of(sums.spin_down));
    json.put("billable_seconds", text_of(sums.billable));
    json.put("gb_seconds", text_of(sums.gb_seconds));
}

std::string to_json(const Line& line, KeyOrder order) {
    ObjectText json(order);
    json.put_string("kind", name_of(line.kind));
    json.put_string("model", line.model.text());
    json.put_string("plan", line.plan);
    json.put_string("period", line.period);
    json.put_number("instances", line.instances);
    json.put_number("runs", line.runs);
    put_seconds(json, line);
    json.put("unit_price", text_of(line.unit_price));
    json.put("unit_price_per_million", text_of(per_million(line.unit_price)));
    json.put("amount", text_of(line.amount.value()));
    json.put("payable", text_of(line.payable));
    if (line.invoiced_before) {
        json.put("amount_before", text_of(*line.invoiced_before));
        json.put("amount_after", text_of(*line.invoiced_before + line.amount.value()));
    }
    // Documents from before reasons were kept stay as they are, and so do their digests.
    if (!line.reasons.empty()) {
        json.put("invoiced_on", json_string(line.invoiced_on));
        json.put("reasons", json_string(line.reasons));
    }
    json.put_bool("accruing", line.accruing);
    put_tax(json, line.tax);
    return json.text();
}

std::string to_json(const SessionEntry& entry, KeyOrder order) {
    ObjectText json(order);
    json.put_string("kind", name_of(entry.kind));
    json.put_string("session", entry.session.text());
    json.put_string("model", entry.model.text());
    json.put_string("key", entry.key.text());
    json.put_string("plan", entry.plan);
    json.put_string("period", entry.period);
    json.put("gb", entry.gb.empty() ? "null" : json_string(entry.gb));
    json.put_number("concurrency", entry.concurrency);
    json.put_number("runs", entry.runs);
    json.put("start", text_of(entry.start));
    json.put("end", text_of(entry.end));
    put_seconds(json, entry);
    json.put("amount", text_of(entry.amount));
    json.put_bool("estimated", entry.estimated);
    json.put_bool("accruing", entry.accruing);
    if (!entry.reason.empty()) {
        const Decimal difference = entry.amount.value_or(Decimal());
        json.put("amount_before", text_of(entry.invoiced_before));
        json.put("invoiced_on", json_string(entry.invoiced_on));
        json.put("amount_after", text_of(entry.invoiced_before + difference));
        json.put_string("reason", entry.reason);
        json.put_string("evidence", entry.evidence);
    }
    return json.text();
}

std::string to_json(const Correction& correction, KeyOrder order) {
    ObjectText json(order);
    json.put_number("sequence", correction.sequence);
    json.put_string("reference", correction.reference);
    json.put("amount", text_of(correction.amount.value()));
    json.put("payable", text_of(correction.amount));
    json.put_string("author", correction.author);
    json.put_string("reason", correction.reason);
    json.put("entered_at", text_of(correction.entered_at));
    json.put_string("hash", correction.hash);
    put_tax(json, correction.tax);
    return json.text();
}

std::string to_json(const ChainHead& head, KeyOrder order) {
    ObjectText json(order);
    json.put_string("gateway", head.gateway);
    json.put_number("facts", head.facts);
    json.put_number("last_sequence", head.last_sequence);
    json.put_string("hash", head.hash);
    return json.text();
}

template <class Item>
std::string list_of(const std::vector<Item>& items, KeyOrder order) {
    std::string list = "[";
    for (const Item& item : items) {
        if (list.size() > 1) list += ',';
        list += to_json(item, order);
    }
    return list += ']';
}

enum class Part { whole, inputs };

/// The inputs: without what comes with the issue.
std::string to_document(const Invoice& invoice, KeyOrder order, Part part) {
    const bool is_whole = part == Part::whole;
    ObjectText json(order);
    if (is_whole) json.put_or_null("number", invoice.number);
    json.put_string("account", invoice.account);
    json.put_string("account_id", invoice.account_id.text());
    json.put_string("month", invoice.month);
    json.put_string("timezone", invoice.timezone);
    json.put_string("currency", invoice.currency.code());
    if (is_whole) json.put("issued_at", text_of(invoice.issued_at));
    if (is_whole) json.put("accrued_to", text_of(invoice.accrued_to));
    json.put("issuer", to_json(invoice.issuer, order));
    json.put("customer", to_json(invoice.customer, order));
    json.put("lines", list_of(invoice.lines, order));
    if (is_whole || invoice.digests_sessions)
        json.put("sessions", list_of(invoice.sessions, order));
    json.put("total_exact", text_of(invoice.total_exact.value()));
    json.put("total", text_of(invoice.total));
    if (is_whole) json.put_string("digest", invoice.digest);
    // Documents from before there were corrections stay as they are, and so do their digests.
    if (!invoice.corrections.empty()) json.put("corrections", list_of(invoice.corrections, order));
    if (is_whole && !invoice.chain_heads.empty())
        json.put("chain_heads", list_of(invoice.chain_heads, order));
    if (states_tax(invoice)) {
        json.put("taxes", list_of(invoice.taxes, order));
        json.put("net", text_of(invoice.net));
        json.put("tax", text_of(invoice.tax));
    }
    if (invoice.payment_days != 0) json.put_number("payment_days", invoice.payment_days);
    if (is_whole && !invoice.due_date.empty()) json.put_string("due_date", invoice.due_date);
    if (!invoice.voids.empty()) {
        json.put_string("voids", invoice.voids);
        json.put_string("reason", invoice.reason);
    }
    if (!invoice.digests_sessions) json.put_string("digest_covers", "lines");
    // An invoice is what a document is that does not say so: all were, before there were others.
    const bool is_invoice = invoice.kind == DocumentKind::invoice;
    if (!is_invoice) json.put_string("kind", to_text(invoice.kind));
    if (!is_invoice || !invoice.corrects.empty())
        json.put("corrects", json_string(invoice.corrects));
    return json.text();
}

}  // namespace

std::string_view to_text(DocumentKind kind) {
    return kind == DocumentKind::invoice ? "invoice" : "credit_note";
}

std::string to_json(const Invoice& invoice, Layout layout) {
    std::string compact = to_document(invoice, KeyOrder::reader, Part::whole);
    if (layout == Layout::compact) return compact;
    return nlohmann::ordered_json::parse(compact).dump(2);
}

std::string canonical_inputs(const Invoice& invoice) {
    return to_document(invoice, KeyOrder::sorted, Part::inputs) + "\n";
}

}  // namespace invoicing
