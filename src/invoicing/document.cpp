#include "invoicing/document.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "invoicing/totals.h"

namespace invoicing {
namespace {

using Json = nlohmann::ordered_json;
using money::Decimal;

constexpr std::pair<const char*, std::string Party::*> later_fields[] = {
    {"city", &Party::city},
    {"postal_code", &Party::postal_code},
    {"registration_id", &Party::registration_id},
    {"electronic_address", &Party::electronic_address},
    {"electronic_scheme", &Party::electronic_scheme},
    {"email", &Party::email},
    {"iban", &Party::iban},
    {"bic", &Party::bic},
};

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
    for (const auto& [key, field] : later_fields) {
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

bool is_taxed(const Invoice& invoice) {
    return std::ranges::any_of(invoice.taxes,
                               [](const TaxLine& line) { return line.terms != TaxTerms{}; });
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
    if (is_taxed(invoice)) {
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

std::string get_text(const Json& json, const char* key) {
    return json.at(key).get<std::string>();
}

Decimal read_decimal(const std::string& text) {
    const auto value = money::parse_decimal(text);
    if (!value) throw std::runtime_error("not a decimal in an invoice: " + text);
    return *value;
}

Decimal get_decimal(const Json& json, const char* key) {
    return read_decimal(get_text(json, key));
}

std::optional<Decimal> find_decimal(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return {};
    return read_decimal(found->get<std::string>());
}

std::optional<std::string> find_text(const Json& json, const char* key) {
    const Json& value = json.at(key);
    if (value.is_null()) return {};
    return value.get<std::string>();
}

std::optional<calendar::Instant> find_instant(const Json& json, const char* key) {
    const auto text = find_text(json, key);
    if (!text) return {};
    const auto instant = calendar::parse_instant(*text);
    if (!instant) throw std::runtime_error("not an instant in an invoice: " + *text);
    return instant;
}

std::vector<std::string> find_list(const Json& json, const char* key) {
    return json.value(key, std::vector<std::string>());
}

money::Payable get_payable(const Json& json, const char* key, money::Currency currency) {
    const auto value = money::Payable::parse(get_text(json, key), currency);
    if (!value) throw std::runtime_error("not payable: " + get_text(json, key));
    return *value;
}

Party read_party(const Json& json) {
    Party party{.name = get_text(json, "name"),
                .address = get_text(json, "address"),
                .street = find_list(json, "street"),
                .country = get_text(json, "country"),
                .vat_id = get_text(json, "vat_id")};
    for (const auto& [key, field] : later_fields) party.*field = json.value(key, std::string());
    return party;
}

TaxTerms read_terms(const Json& json) {
    const auto category = parse_tax_category(get_text(json, "category"));
    if (!category) throw std::runtime_error("no tax category: " + get_text(json, "category"));
    return {.category = *category,
            .rate = get_decimal(json, "rate"),
            .text = json.value("text", std::string())};
}

TaxTerms find_tax(const Json& json) {
    const auto found = json.find("tax");
    return found == json.end() ? TaxTerms{} : read_terms(*found);
}

TaxLine read_tax_line(const Json& json, money::Currency currency) {
    return {.terms = read_terms(json),
            .taxable = get_payable(json, "taxable", currency),
            .tax = get_payable(json, "tax", currency)};
}

LineKind read_kind(const Json& json) {
    return get_text(json, "kind") == "usage" ? LineKind::usage : LineKind::adjustment;
}

Line read_line(const Json& json, money::Currency currency) {
    return {.kind = read_kind(json),
            .model = lifecycle::ModelName(get_text(json, "model")),
            .plan = get_text(json, "plan"),
            .period = get_text(json, "period"),
            .instances = json.at("instances").get<std::int64_t>(),
            .runs = json.at("runs").get<std::int64_t>(),
            .used = get_decimal(json, "used_seconds"),
            .rounding = get_decimal(json, "rounding_seconds"),
            .minimum = get_decimal(json, "minimum_seconds"),
            .spin_down = get_decimal(json, "spin_down_seconds"),
            .billable = get_decimal(json, "billable_seconds"),
            .gb_seconds = get_decimal(json, "gb_seconds"),
            .unit_price = get_decimal(json, "unit_price"),
            .amount = money::Amount(get_decimal(json, "amount"), currency),
            .payable = get_payable(json, "payable", currency),
            .invoiced_before = find_decimal(json, "amount_before"),
            .invoiced_on = find_list(json, "invoiced_on"),
            .reasons = find_list(json, "reasons"),
            .accruing = json.at("accruing").get<bool>(),
            .tax = find_tax(json)};
}

SessionEntry read_session(const Json& json) {
    return {.kind = read_kind(json),
            .session = lifecycle::SessionId(get_text(json, "session")),
            .model = lifecycle::ModelName(get_text(json, "model")),
            .key = lifecycle::KeyFingerprint(get_text(json, "key")),
            .plan = get_text(json, "plan"),
            .period = get_text(json, "period"),
            .gb = find_text(json, "gb").value_or(""),
            .concurrency = json.at("concurrency").get<std::int64_t>(),
            .runs = json.at("runs").get<std::int64_t>(),
            .start = find_instant(json, "start"),
            .end = find_instant(json, "end"),
            .used = get_decimal(json, "used_seconds"),
            .rounding = get_decimal(json, "rounding_seconds"),
            .minimum = get_decimal(json, "minimum_seconds"),
            .spin_down = get_decimal(json, "spin_down_seconds"),
            .billable = get_decimal(json, "billable_seconds"),
            .gb_seconds = find_decimal(json, "gb_seconds"),
            .amount = find_decimal(json, "amount"),
            .estimated = json.at("estimated").get<bool>(),
            .accruing = json.at("accruing").get<bool>(),
            .invoiced_before = find_decimal(json, "amount_before").value_or(Decimal()),
            .invoiced_on = find_list(json, "invoiced_on"),
            .reason = json.value("reason", std::string()),
            .evidence = json.value("evidence", std::string())};
}

Correction read_correction(const Json& json, money::Currency currency) {
    return {.sequence = json.at("sequence").get<std::int64_t>(),
            .reference = get_text(json, "reference"),
            .amount = get_payable(json, "payable", currency),
            .author = get_text(json, "author"),
            .reason = get_text(json, "reason"),
            .entered_at = find_instant(json, "entered_at").value(),
            .hash = get_text(json, "hash"),
            .tax = find_tax(json)};
}

ChainHead read_chain_head(const Json& json) {
    return {.gateway = get_text(json, "gateway"),
            .facts = json.at("facts").get<std::uint64_t>(),
            .last_sequence = json.at("last_sequence").get<std::uint64_t>(),
            .hash = get_text(json, "hash")};
}

DocumentKind read_document_kind(const Json& json) {
    const auto found = json.find("kind");
    if (found == json.end() || *found == to_text(DocumentKind::invoice))
        return DocumentKind::invoice;
    if (*found == to_text(DocumentKind::credit_note)) return DocumentKind::credit_note;
    throw std::runtime_error("no kind of document: " + found->dump());
}

// What a document says of its taxes, and what follows from its lines where it is silent.
void read_taxes(const Json& json, Invoice& invoice) {
    if (!json.contains("taxes")) {
        Totals totals = totals_of(invoice);
        invoice.taxes = std::move(totals.taxes);
        invoice.net = totals.net;
        invoice.tax = totals.tax;
        return;
    }
    for (const Json& line : json.at("taxes")) {
        invoice.taxes.push_back(read_tax_line(line, invoice.currency));
    }
    invoice.net = get_payable(json, "net", invoice.currency);
    invoice.tax = get_payable(json, "tax", invoice.currency);
}

Invoice read_document(const Json& json) {
    const auto currency = money::find_currency(get_text(json, "currency"));
    if (!currency) throw std::runtime_error("no currency: " + get_text(json, "currency"));
    Invoice invoice{.number = find_text(json, "number"),
                    .issued_at = find_instant(json, "issued_at"),
                    .accrued_to = find_instant(json, "accrued_to"),
                    .account_id = lifecycle::AccountId(get_text(json, "account_id")),
                    .account = get_text(json, "account"),
                    .month = get_text(json, "month"),
                    .timezone = get_text(json, "timezone"),
                    .currency = *currency,
                    .issuer = read_party(json.at("issuer")),
                    .customer = read_party(json.at("customer")),
                    .total_exact = money::Amount(get_decimal(json, "total_exact"), *currency),
                    .net = money::Payable::zero(*currency),
                    .tax = money::Payable::zero(*currency),
                    .total = get_payable(json, "total", *currency),
                    .digest = get_text(json, "digest"),
                    .kind = read_document_kind(json),
                    .corrects = find_list(json, "corrects"),
                    .voids = json.value("voids", std::string()),
                    .reason = json.value("reason", std::string()),
                    .payment_days = json.value("payment_days", std::int64_t{0}),
                    .due_date = json.value("due_date", std::string())};
    for (const Json& line : json.at("lines")) invoice.lines.push_back(read_line(line, *currency));
    for (const Json& entry : json.at("sessions")) invoice.sessions.push_back(read_session(entry));
    for (const Json& correction : json.value("corrections", Json::array())) {
        invoice.corrections.push_back(read_correction(correction, *currency));
    }
    for (const Json& head : json.value("chain_heads", Json::array())) {
        invoice.chain_heads.push_back(read_chain_head(head));
    }
    read_taxes(json, invoice);
    return invoice;
}

}  // namespace

std::string_view to_text(DocumentKind kind) {
    return kind == DocumentKind::invoice ? "invoice" : "credit_note";
}

std::string to_json(const Invoice& invoice, Layout layout) {
    return dump(to_document(invoice), layout == Layout::indented ? 2 : -1);
}

Invoice parse_invoice(std::string_view json) {
    try {
        return read_document(Json::parse(json));
    } catch (const Json::exception& error) {
        throw std::runtime_error(std::string("not an invoice: ") + error.what());
    }
}

std::string canonical_inputs(const Invoice& invoice) {
    Json document = to_document(invoice);
    for (const char* key :
         {"number", "issued_at", "accrued_to", "digest", "chain_heads", "due_date"}) {
        document.erase(key);
    }
    // nlohmann's plain object sorts its keys.
    return dump(nlohmann::json::parse(dump(document, -1)), -1) + "\n";
}

}  // namespace invoicing
