#include "invoicing/document.h"

#include <nlohmann/json.hpp>

#include "invoicing/party_fields.h"
#include "invoicing/totals.h"

namespace invoicing {
namespace {

using Json = nlohmann::ordered_json;
using money::Decimal;

std::string_view name_of(LineKind kind) {
    return kind == LineKind::usage ? "usage" : "adjustment";
}

Json text_of(const Decimal& value) {
    return to_text(value);
}

Json text_of(const std::optional<Decimal>& value) {
    return value ? text_of(*value) : Json(nullptr);
}

Json text_of(const std::optional<calendar::Instant>& instant) {
    return instant ? Json(to_text(*instant)) : Json(nullptr);
}

// Documents from before a party had more than an address stay as they are, and so do their digests.
Json to_json(const Party& party) {
    Json json = {{"name", party.name},
                 {"address", party.address},
                 {"country", party.country},
                 {"vat_id", party.vat_id}};
    if (!party.street.empty()) json["street"] = party.street;
    for (const auto& [key, field] : later_party_fields) {
        if (!(party.*field).empty()) json[key] = party.*field;
    }
    return json;
}

Json to_json(const TaxTerms& terms) {
    Json json = {{"category", to_text(terms.category)}, {"rate", text_of(terms.rate)}};
    if (!terms.text.empty()) json["text"] = terms.text;
    return json;
}

// The same of documents from before there were taxes: what bears none and says nothing of it.
void put_tax(Json& json, const TaxTerms& terms) {
    if (terms != TaxTerms{}) json["tax"] = to_json(terms);
}

Json to_json(const TaxLine& line) {
    Json json = to_json(line.terms);
    json["taxable"] = to_text(line.taxable);
    json["tax"] = to_text(line.tax);
    return json;
}

Decimal per_million(const Decimal& price) {
    return price * Decimal(1'000'000);
}

Json to_json(const Line& line) {
    Json json = {{"kind", name_of(line.kind)},
                 {"model", line.model.text()},
                 {"plan", line.plan},
                 {"period", line.period},
                 {"instances", line.instances},
                 {"runs", line.runs},
                 {"used_seconds", text_of(line.used)},
                 {"rounding_seconds", text_of(line.rounding)},
                 {"minimum_seconds", text_of(line.minimum)},
                 {"spin_down_seconds", text_of(line.spin_down)},
                 {"billable_seconds", text_of(line.billable)},
                 {"gb_seconds", text_of(line.gb_seconds)},
                 {"unit_price", text_of(line.unit_price)},
                 {"unit_price_per_million", text_of(per_million(line.unit_price))},
                 {"amount", text_of(line.amount.value())},
                 {"payable", to_text(line.payable)}};
    if (line.invoiced_before) {
        json["amount_before"] = text_of(*line.invoiced_before);
        json["amount_after"] = text_of(*line.invoiced_before + line.amount.value());
    }
    // Documents from before reasons were kept stay as they are, and so do their digests.
    if (!line.reasons.empty()) {
        json["invoiced_on"] = line.invoiced_on;
        json["reasons"] = line.reasons;
    }
    json["accruing"] = line.accruing;
    put_tax(json, line.tax);
    return json;
}

Json to_json(const SessionEntry& entry) {
    Json json = {{"kind", name_of(entry.kind)},
                 {"session", entry.session.text()},
                 {"model", entry.model.text()},
                 {"key", entry.key.text()},
                 {"plan", entry.plan},
                 {"period", entry.period},
                 {"gb", entry.gb.empty() ? Json(nullptr) : Json(entry.gb)},
                 {"concurrency", entry.concurrency},
                 {"runs", entry.runs},
                 {"start", text_of(entry.start)},
                 {"end", text_of(entry.end)},
                 {"used_seconds", text_of(entry.used)},
                 {"rounding_seconds", text_of(entry.rounding)},
                 {"minimum_seconds", text_of(entry.minimum)},
                 {"spin_down_seconds", text_of(entry.spin_down)},
                 {"billable_seconds", text_of(entry.billable)},
                 {"gb_seconds", text_of(entry.gb_seconds)},
                 {"amount", text_of(entry.amount)},
                 {"estimated", entry.estimated},
                 {"accruing", entry.accruing}};
    if (!entry.reason.empty()) {
        const Decimal difference = entry.amount.value_or(Decimal());
        json["amount_before"] = text_of(entry.invoiced_before);
        json["invoiced_on"] = entry.invoiced_on;
        json["amount_after"] = text_of(entry.invoiced_before + difference);
        json["reason"] = entry.reason;
        json["evidence"] = entry.evidence;
    }
    return json;
}

Json to_json(const Correction& correction) {
    Json json = {{"sequence", correction.sequence},
                 {"reference", correction.reference},
                 {"amount", text_of(correction.amount.value())},
                 {"payable", to_text(correction.amount)},
                 {"author", correction.author},
                 {"reason", correction.reason},
                 {"entered_at", to_text(correction.entered_at)},
                 {"hash", correction.hash}};
    put_tax(json, correction.tax);
    return json;
}

Json to_json(const ChainHead& head) {
    return {{"gateway", head.gateway},
            {"facts", head.facts},
            {"last_sequence", head.last_sequence},
            {"hash", head.hash}};
}

template <class Item>
Json list_of(const std::vector<Item>& items) {
    Json list = Json::array();
    for (const Item& item : items) list.push_back(to_json(item));
    return list;
}

Json to_document(const Invoice& invoice) {
    Json json = {{"number", invoice.number ? Json(*invoice.number) : Json(nullptr)},
                 {"account", invoice.account},
                 {"account_id", invoice.account_id.text()},
                 {"month", invoice.month},
                 {"timezone", invoice.timezone},
                 {"currency", invoice.currency.code()},
                 {"issued_at", text_of(invoice.issued_at)},
                 {"accrued_to", text_of(invoice.accrued_to)},
                 {"issuer", to_json(invoice.issuer)},
                 {"customer", to_json(invoice.customer)},
                 {"lines", list_of(invoice.lines)},
                 {"sessions", list_of(invoice.sessions)},
                 {"total_exact", text_of(invoice.total_exact.value())},
                 {"total", to_text(invoice.total)},
                 {"digest", invoice.digest}};
    // Documents from before there were corrections stay as they are, and so do their digests.
    if (!invoice.corrections.empty()) json["corrections"] = list_of(invoice.corrections);
    if (!invoice.chain_heads.empty()) json["chain_heads"] = list_of(invoice.chain_heads);
    if (states_tax(invoice)) {
        json["taxes"] = list_of(invoice.taxes);
        json["net"] = to_text(invoice.net);
        json["tax"] = to_text(invoice.tax);
    }
    if (invoice.payment_days != 0) json["payment_days"] = invoice.payment_days;
    if (!invoice.due_date.empty()) json["due_date"] = invoice.due_date;
    if (!invoice.voids.empty()) {
        json["voids"] = invoice.voids;
        json["reason"] = invoice.reason;
    }
    if (!invoice.digests_sessions) json["digest_covers"] = "lines";
    // An invoice is what a document is that does not say so: all were, before there were others.
    const bool is_invoice = invoice.kind == DocumentKind::invoice;
    if (!is_invoice) json["kind"] = to_text(invoice.kind);
    if (!is_invoice || !invoice.corrects.empty()) json["corrects"] = invoice.corrects;
    return json;
}

template <class Document>
std::string dump(const Document& document, int indent) {
    return document.dump(indent, ' ', false, Document::error_handler_t::replace);
}

}  // namespace

std::string_view to_text(DocumentKind kind) {
    return kind == DocumentKind::invoice ? "invoice" : "credit_note";
}

std::string to_json(const Invoice& invoice, Layout layout) {
    return dump(to_document(invoice), layout == Layout::indented ? 2 : -1);
}

std::string canonical_inputs(const Invoice& invoice) {
    Json document = to_document(invoice);
    for (const char* key :
         {"number", "issued_at", "accrued_to", "digest", "chain_heads", "due_date"}) {
        document.erase(key);
    }
    if (!invoice.digests_sessions) document.erase("sessions");
    // nlohmann's plain object sorts its keys.
    return dump(nlohmann::json(document), -1) + "\n";
}

}  // namespace invoicing
