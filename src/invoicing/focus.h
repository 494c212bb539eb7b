// What an account was charged, as rows of FOCUS 1.2 (FinOps Open Cost and Usage Specification).
// Owns which rows an invoice becomes and what each says; columns and text are reports/'s, reading
// is the ledger's. Pure.
//
// - Usage: one session in one month, with its exact amount: its four costs are the same, and are
//   quantity × unit price to the last digit.
// - Adjustment: what rounding a line added or took, one row per line that was rounded; and what the
//   operator charges by hand. Credit: what he credits.
// - Tax: one row per category and rate that the invoice states.
// So the rows of an invoice sum to its payable total, always. What a document takes back is its
// rows with the other sign: with the invoice's own they sum to nothing.
//
// ChargeClass is "Correction" on adjustments of earlier or already invoiced periods and on all of a
// document that takes another one back. An open row (of no invoice) bears no tax and no rounding:
// both come with the invoice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "calendar/zone.h"
#include "invoicing/invoice.h"

namespace invoicing {

enum class FocusCategory { usage, tax, credit, adjustment };
/// As in the column ChargeCategory: "Usage".
std::string_view to_text(FocusCategory category);

/// What all rows of one invoice, or of one account's open month, share.
struct FocusStatement {
    std::optional<std::string> invoice = {};  // its number; absent: the open part
    lifecycle::AccountId account_id = {};
    std::string account = {};  // its name
    std::string issuer = {};   // its name; "Tollgate" where the issuer has none
    money::Currency currency;
    calendar::Instant billing_start = {};  // of the month in the account's zone
    calendar::Instant billing_end = {};
    bool takes_back = false;  // another document, whole
};

/// Of a usage row: the session and the price. Quantities are GiB-seconds: the catalogue's GB count
/// 2^30 bytes.
struct FocusUsage {
    lifecycle::SessionId session = {};
    lifecycle::ModelName model = {};
    lifecycle::KeyFingerprint key = {};
    std::string plan = {};
    std::string gb = {};  // empty: not known any more
    std::int64_t concurrency = 1;
    std::int64_t runs = 0;
    std::optional<calendar::Instant> start = {};  // to the microsecond
    std::optional<calendar::Instant> end = {};
    money::Decimal used = {};  // seconds
    money::Decimal billable = {};
    money::Decimal unit_price = {};
    money::Decimal priced = {};    // of the billable seconds
    money::Decimal consumed = {};  // of the used ones
    bool estimated = false;
};

struct FocusRow {
    FocusCategory category = FocusCategory::usage;
    bool is_correction = false;
    calendar::Instant start = {};  // whole seconds, at least one: the format knows no fractions
    calendar::Instant end = {};    // exclusive
    money::Decimal cost = {};      // billed, effective, list and contracted
    std::string description = {};
    std::optional<FocusUsage> usage = {};  // absent: another category
};

/// Throws std::invalid_argument where the invoice's month is none.
FocusStatement statement_of(const Invoice& invoice, const calendar::Zone& zone);

/// A session's share. Without an amount it is worth nothing here: an open one without a price is
/// the caller's to leave out.
FocusRow usage_row(const FocusStatement& statement, const SessionEntry& entry,
                   const money::Decimal& unit_price, const calendar::Zone& zone);

/// A credit or a charge by hand, over the billing period.
FocusRow correction_row(const FocusStatement& statement, const Correction& correction);

/// All rows of an invoice but those of its sessions: roundings, corrections, taxes.
std::vector<FocusRow> rows_beside_usage(const Invoice& invoice, const FocusStatement& statement,
                                        const calendar::Zone& zone);

/// The price of a session's line: the one of its kind, model, plan and period. Throws
/// std::runtime_error: the invoice has none.
const money::Decimal& get_unit_price(const Invoice& invoice, const SessionEntry& entry);

}  // namespace invoicing
