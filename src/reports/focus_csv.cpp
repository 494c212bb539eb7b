#include "reports/focus_csv.h"

#include <array>
#include <nlohmann/json.hpp>

#include "reports/csv.h"

namespace reports {
namespace {

using invoicing::FocusCategory;
using invoicing::FocusRow;
using invoicing::FocusStatement;
using invoicing::FocusUsage;
using money::Decimal;

constexpr std::string_view unit = "GiB-Seconds";

struct Cell {
    const FocusStatement& statement;
    const FocusRow& row;
};

using Append = void (*)(std::string&, const Cell&);

enum class Type { text, decimal, instant, json };

struct FocusColumn {
    const char* name;
    Type type;
    Append append;  // nothing: null
};

void append_text(std::string& out, std::string_view text) {
    append_csv_value(out, text);
}

template <auto Member>
void statement_text(std::string& out, const Cell& cell) {
    append_text(out, cell.statement.*Member);
}

template <auto Member>
void statement_instant(std::string& out, const Cell& cell) {
    calendar::append_text(out, cell.statement.*Member);
}

template <auto Member>
void row_instant(std::string& out, const Cell& cell) {
    calendar::append_text(out, cell.row.*Member);
}

template <auto Member>
void usage_decimal(std::string& out, const Cell& cell) {
    if (cell.row.usage) ((*cell.row.usage).*Member).append_to(out);
}

template <auto Member>
void usage_count(std::string& out, const Cell& cell) {
    if (cell.row.usage) out += std::to_string((*cell.row.usage).*Member);
}

template <auto Member>
void usage_instant(std::string& out, const Cell& cell) {
    if (!cell.row.usage) return;
    if (const auto& instant = (*cell.row.usage).*Member) calendar::append_text(out, *instant);
}

template <auto Member>
void usage_id(std::string& out, const Cell& cell) {
    if (cell.row.usage) append_text(out, ((*cell.row.usage).*Member).text());
}

template <auto Member>
void usage_text(std::string& out, const Cell& cell) {
    if (cell.row.usage) append_text(out, (*cell.row.usage).*Member);
}

void cost(std::string& out, const Cell& cell) {
    cell.row.cost.append_to(out);
}

void of_usage(std::string& out, const Cell& cell, std::string_view text) {
    if (cell.row.usage) append_text(out, text);
}

void currency(std::string& out, const Cell& cell) {
    append_text(out, cell.statement.currency.code());
}

void category(std::string& out, const Cell& cell) {
    append_text(out, to_text(cell.row.category));
}

void charge_class(std::string& out, const Cell& cell) {
    if (cell.row.is_correction) out += "Correction";
}

void description(std::string& out, const Cell& cell) {
    append_text(out, cell.row.description);
}

void frequency(std::string& out, const Cell& cell) {
    out += cell.row.usage ? "Usage-Based" : "One-Time";
}

void invoice(std::string& out, const Cell& cell) {
    if (cell.statement.invoice) append_text(out, *cell.statement.invoice);
}

// The prefix of our own tags; a fingerprint is hex and needs no escaping.
void tags(std::string& out, const Cell& cell) {
    if (!cell.row.usage || cell.row.usage->key.text().empty()) return;
    append_text(out, R"({"tollgate/key": ")" + cell.row.usage->key.text() + "\"}");
}

void estimated(std::string& out, const Cell& cell) {
    if (cell.row.usage) out += cell.row.usage->estimated ? "true" : "false";
}

void nothing(std::string&, const Cell&) {}

// A constant, as a function of its own.
template <std::size_t Length>
struct Literal {
    constexpr Literal(const char (&text)[Length]) { std::copy_n(text, Length, characters); }
    constexpr std::string_view view() const { return {characters, Length - 1}; }
    char characters[Length];
};
template <Literal Text>
void always(std::string& out, const Cell&) {
    out += Text.view();
}
template <Literal Text>
void with_usage(std::string& out, const Cell& cell) {
    of_usage(out, cell, Text.view());
}

void unit_of_usage(std::string& out, const Cell& cell) {
    of_usage(out, cell, unit);
}

// FOCUS's own in the order of their names, then ours.
constexpr std::array columns = {
    FocusColumn{"BilledCost", Type::decimal, cost},
    FocusColumn{"BillingAccountId", Type::text,
                [](std::string& out, const Cell& cell) {
                    append_text(out, cell.statement.account_id.text());
                }},
    FocusColumn{"BillingAccountName", Type::text, statement_text<&FocusStatement::account>},
    FocusColumn{"BillingCurrency", Type::text, currency},
    FocusColumn{"BillingPeriodEnd", Type::instant, statement_instant<&FocusStatement::billing_end>},
    FocusColumn{"BillingPeriodStart", Type::instant,
                statement_instant<&FocusStatement::billing_start>},
    FocusColumn{"ChargeCategory", Type::text, category},
    FocusColumn{"ChargeClass", Type::text, charge_class},
    FocusColumn{"ChargeDescription", Type::text, description},
    FocusColumn{"ChargeFrequency", Type::text, frequency},
    FocusColumn{"ChargePeriodEnd", Type::instant, row_instant<&FocusRow::end>},
    FocusColumn{"ChargePeriodStart", Type::instant, row_instant<&FocusRow::start>},
    FocusColumn{"ConsumedQuantity", Type::decimal, usage_decimal<&FocusUsage::consumed>},
    FocusColumn{"ConsumedUnit", Type::text, unit_of_usage},
    FocusColumn{"ContractedCost", Type::decimal, cost},
    FocusColumn{"ContractedUnitPrice", Type::decimal, usage_decimal<&FocusUsage::unit_price>},
    FocusColumn{"EffectiveCost", Type::decimal, cost},
    FocusColumn{"InvoiceId", Type::text, invoice},
    FocusColumn{"InvoiceIssuerName", Type::text, statement_text<&FocusStatement::issuer>},
    FocusColumn{"ListCost", Type::decimal, cost},
    FocusColumn{"ListUnitPrice", Type::decimal, usage_decimal<&FocusUsage::unit_price>},
    FocusColumn{"PricingCategory", Type::text, with_usage<"Standard">},
    FocusColumn{"PricingQuantity", Type::decimal, usage_decimal<&FocusUsage::priced>},
    FocusColumn{"PricingUnit", Type::text, unit_of_usage},
    FocusColumn{"ProviderName", Type::text, statement_text<&FocusStatement::issuer>},
    FocusColumn{"PublisherName", Type::text, statement_text<&FocusStatement::issuer>},
    FocusColumn{"ResourceId", Type::text, usage_id<&FocusUsage::session>},
    FocusColumn{"ResourceName", Type::text, usage_id<&FocusUsage::model>},
    FocusColumn{"ResourceType", Type::text, with_usage<"Model Instance">},
    FocusColumn{"ServiceCategory", Type::text, always<"AI and Machine Learning">},
    FocusColumn{"ServiceName", Type::text, always<"Model Inference">},
    FocusColumn{"ServiceSubcategory", Type::text, always<"Machine Learning">},
    FocusColumn{"SkuId", Type::text, with_usage<"model-inference">},
    FocusColumn{"SkuMeter", Type::text, with_usage<"Reserved GPU Memory">},
    FocusColumn{"SkuPriceDetails", Type::json, nothing},
    FocusColumn{"SkuPriceId", Type::text, usage_text<&FocusUsage::plan>},
    FocusColumn{"Tags", Type::json, tags},
    FocusColumn{"x_BillableSeconds", Type::decimal, usage_decimal<&FocusUsage::billable>},
    FocusColumn{"x_Concurrency", Type::decimal, usage_count<&FocusUsage::concurrency>},
    FocusColumn{"x_Inferences", Type::decimal, usage_count<&FocusUsage::runs>},
    FocusColumn{"x_IsEstimated", Type::text, estimated},
    FocusColumn{"x_MemoryGiB", Type::decimal, usage_text<&FocusUsage::gb>},
    FocusColumn{"x_UsageEnd", Type::text, usage_instant<&FocusUsage::end>},
    FocusColumn{"x_UsageStart", Type::text, usage_instant<&FocusUsage::start>},
    FocusColumn{"x_UsedSeconds", Type::decimal, usage_decimal<&FocusUsage::used>},
};

const char* name_of(Type type) {
    switch (type) {
        case Type::text:
            return "STRING";
        case Type::decimal:
            return "DECIMAL";
        case Type::instant:
            return "DATETIME";
        case Type::json:
            break;
    }
    return "JSON";
}

nlohmann::ordered_json definition_of(const FocusColumn& column) {
    nlohmann::ordered_json json = {{"ColumnName", column.name}, {"DataType", name_of(column.type)}};
    // The limits of metering.md: 18 decimals of GB, 6 of seconds, 30 of a price.
    if (column.type == Type::decimal) {
        json["NumericPrecision"] = 100;
        json["NumberScale"] = 54;
    }
    if (column.type == Type::text) json["StringEncoding"] = "UTF-8";
    if (std::string_view(column.name) == "Tags") json["ProviderTagPrefixes"] = {"tollgate"};
    return json;
}

nlohmann::ordered_json text_or_null(const std::string& text) {
    return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

}  // namespace

std::string focus_header() {
    std::string line;
    for (const FocusColumn& column : columns) {
        if (!line.empty()) line += ',';
        line += column.name;
    }
    return line + "\r\n";
}

void append_focus_row(std::string& out, const FocusStatement& statement, const FocusRow& row) {
    const Cell cell{statement, row};
    for (const FocusColumn& column : columns) {
        column.append(out, cell);
        out += ',';
    }
    out.back() = '\r';
    out += '\n';
}

// FNV-1a over names and types: nobody has to remember to count a version up.
std::string focus_schema_id() {
    std::uint64_t hash = 14'695'981'039'346'656'037u;
    const auto mix = [&](std::string_view text) {
        for (const char c : text) {
            hash ^= static_cast<unsigned char>(c);
            hash *= 1'099'511'628'211u;
        }
    };
    for (const FocusColumn& column : columns) {
        mix(column.name);
        mix(":");
        mix(name_of(column.type));
        mix("\n");
    }
    std::string hex;
    for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[(hash >> shift) & 15];
    return "tollgate-focus-1.2-" + hex;
}

std::string focus_metadata(const FocusFacts& facts) {
    using Json = nlohmann::ordered_json;
    Json definitions = Json::array();
    for (const FocusColumn& column : columns) definitions.push_back(definition_of(column));
    const Json metadata = {{"DataGenerator", {{"DataGenerator", "Tollgate " + facts.version}}},
                           {"Schema",
                            {{"SchemaId", focus_schema_id()},
                             {"FocusVersion", "1.2"},
                             {"DataGeneratorVersion", facts.version},
                             {"CreationDate", to_text(facts.created_at)},
                             {"ColumnDefinition", definitions}}},
                           {"x_Export",
                            {{"Month", facts.month},
                             {"BillingAccountName", text_or_null(facts.account)},
                             {"InvoicedFile", text_or_null(facts.invoiced)},
                             {"OpenFile", text_or_null(facts.open)}}}};
    return metadata.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reports
