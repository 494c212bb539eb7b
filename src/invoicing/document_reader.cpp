#include <nlohmann/json.hpp>
#include <stdexcept>

#include "invoicing/document.h"
#include "invoicing/party_fields.h"
#include "invoicing/totals.h"

namespace invoicing {
namespace {

using Json = nlohmann::ordered_json;
using money::Decimal;

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
    for (const auto& [key, field] : later_party_fields)
        party.*field = json.value(key, std::string());
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
                    .due_date = json.value("due_date", std::string()),
                    .digests_sessions = json.value("digest_covers", std::string()) != "lines"};
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

TaxTerms parse_tax_terms(std::string_view json) {
    try {
        const Json value = Json::parse(json);
        return value.is_null() ? TaxTerms{} : read_terms(value);
    } catch (const Json::exception& error) {
        throw std::runtime_error(std::string("not the tax of an invoice's line: ") + error.what());
    }
}

Invoice parse_invoice(std::string_view json) {
    try {
        return read_document(Json::parse(json));
    } catch (const Json::exception& error) {
        throw std::runtime_error(std::string("not an invoice: ") + error.what());
    }
}

}  // namespace invoicing
