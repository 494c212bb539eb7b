#include "invoicing/focus.h"

#include <stdexcept>

namespace invoicing {
namespace {

using calendar::Instant;
using money::Decimal;

constexpr std::int64_t second = 1'000'000;

Instant floor_to_second(Instant instant) {
    const std::int64_t over = ((instant.micros % second) + second) % second;
    return {instant.micros - over};
}

Instant ceil_to_second(Instant instant) {
    const Instant floor = floor_to_second(instant);
    return floor == instant ? floor : floor + calendar::Duration::seconds(1);
}

struct Span {
    Instant start;
    Instant end;
};

Span span_of(const std::string& period, const calendar::Zone& zone) {
    const auto month = calendar::parse_month(period);
    if (!month) throw std::invalid_argument("no month: " + period);
    return {zone.start_of(*month), zone.start_of(month->next())};
}

// A session that no fact supports any more has no instants of its own.
Span span_of(const SessionEntry& entry, const calendar::Zone& zone) {
    if (!entry.start || !entry.end) return span_of(entry.period, zone);
    const Instant start = floor_to_second(*entry.start);
    return {start, std::max(ceil_to_second(*entry.end), start + calendar::Duration::seconds(1))};
}

// GiB-seconds of the time that was used, before minimum and rounding: priced by the same factor as
// the billable seconds. Where no factor fits (revisions of different GB in one entry), the billable
// ones.
Decimal consumed_by(const SessionEntry& entry, const Decimal& priced) {
    const auto gb = money::parse_decimal(entry.gb);
    if (!gb) return priced;
    for (const Decimal& factor : {*gb * Decimal(entry.concurrency), *gb}) {
        if (factor * entry.billable == priced) return factor * entry.used;
    }
    return priced;
}

FocusRow whole_period_row(FocusCategory category, const FocusStatement& statement, Decimal cost) {
    return {.category = category,
            .is_correction = statement.takes_back,
            .start = statement.billing_start,
            .end = statement.billing_end,
            .cost = cost};
}

FocusRow rounding_row(const Line& line, const FocusStatement& statement,
                      const calendar::Zone& zone) {
    const Span span = span_of(line.period, zone);
    return {.category = FocusCategory::adjustment,
            .is_correction = statement.takes_back || line.kind == LineKind::adjustment,
            .start = span.start,
            .end = span.end,
            .cost = line.payable.value() - line.amount.value(),
            .description = "Rounding of the line " + line.model.text() + ", " + line.period +
                           ", plan " + line.plan};
}

FocusRow tax_row(const TaxLine& tax, const FocusStatement& statement) {
    FocusRow row = whole_period_row(FocusCategory::tax, statement, tax.tax.value());
    row.description = describe(tax.terms) + " on " + to_text(tax.taxable) + " " +
                      std::string(statement.currency.code());
    return row;
}

}  // namespace

std::string_view to_text(FocusCategory category) {
    switch (category) {
        case FocusCategory::usage:
            return "Usage";
        case FocusCategory::tax:
            return "Tax";
        case FocusCategory::credit:
            return "Credit";
        case FocusCategory::adjustment:
            break;
    }
    return "Adjustment";
}

FocusStatement statement_of(const Invoice& invoice, const calendar::Zone& zone) {
    const Span month = span_of(invoice.month, zone);
    return {.invoice = invoice.number,
            .account_id = invoice.account_id,
            .account = invoice.account,
            .issuer = invoice.issuer.name.empty() ? "Tollgate" : invoice.issuer.name,
            .currency = invoice.currency,
            .billing_start = month.start,
            .billing_end = month.end,
            .takes_back = !invoice.voids.empty()};
}

FocusRow usage_row(const FocusStatement& statement, const SessionEntry& entry,
                   const Decimal& unit_price, const calendar::Zone& zone) {
    const Span span = span_of(entry, zone);
    const Decimal priced = entry.gb_seconds.value_or(Decimal());
    return {.category = FocusCategory::usage,
            .is_correction = statement.takes_back || entry.kind == LineKind::adjustment,
            .start = span.start,
            .end = span.end,
            .cost = entry.amount.value_or(Decimal()),
            .description = "Inference on " + entry.model.text(),
            .usage = FocusUsage{.session = entry.session,
                                .model = entry.model,
                                .key = entry.key,
                                .plan = entry.plan,
                                .gb = entry.gb,
                                .concurrency = entry.concurrency,
                                .runs = entry.runs,
                                .start = entry.start,
                                .end = entry.end,
                                .used = entry.used,
                                .billable = entry.billable,
                                .unit_price = unit_price,
                                .priced = priced,
                                .consumed = consumed_by(entry, priced),
                                .estimated = entry.estimated}};
}

// What takes a credit back is a credit too, with the other sign.
FocusRow correction_row(const FocusStatement& statement, const Correction& correction) {
    const bool is_credit = correction.amount.value().is_negative() != statement.takes_back;
    FocusRow row = whole_period_row(is_credit ? FocusCategory::credit : FocusCategory::adjustment,
                                    statement, correction.amount.value());
    row.description = correction.reference + ": " + correction.reason;
    return row;
}

std::vector<FocusRow> rows_beside_usage(const Invoice& invoice, const FocusStatement& statement,
                                        const calendar::Zone& zone) {
    std::vector<FocusRow> rows;
    for (const Line& line : invoice.lines) {
        if (line.payable.value() != line.amount.value())
            rows.push_back(rounding_row(line, statement, zone));
    }
    for (const Correction& correction : invoice.corrections)
        rows.push_back(correction_row(statement, correction));
    for (const TaxLine& tax : invoice.taxes) {
        if (tax.terms != TaxTerms{}) rows.push_back(tax_row(tax, statement));
    }
    return rows;
}

const Decimal& get_unit_price(const Invoice& invoice, const SessionEntry& entry) {
    for (const Line& line : invoice.lines) {
        if (line.kind == entry.kind && line.model == entry.model && line.plan == entry.plan &&
            line.period == entry.period)
            return line.unit_price;
    }
    throw std::runtime_error("invoice " + invoice.number.value_or("(a draft)") +
                             " has no line of its session " + entry.session.text());
}

}  // namespace invoicing
