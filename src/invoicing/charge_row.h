// What an invoice is made of: one charge row of the ledger, with what its session adds to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "calendar/instant.h"
#include "invoicing/tax.h"
#include "lifecycle/ids.h"
#include "money/decimal.h"

namespace invoicing {

/// A charge of one session for one period. Signed: a correction's row holds the difference. Every
/// quantity is exact.
struct ChargeRow {
    lifecycle::SessionId session = {};
    lifecycle::ModelName model = {};
    lifecycle::KeyFingerprint key = {};
    std::string plan = {};
    std::string currency = {};
    std::string period = {};  // "2026-10", a month of the account's zone
    int revision = 1;         // of this session in this period; 0: live, not in the ledger yet
    std::string gb = {};      // as the catalogue prints it; empty: not known
    std::int64_t concurrency = 1;
    std::int64_t runs = 0;                        // those that no earlier invoice has shown
    std::optional<calendar::Instant> start = {};  // of what is billed in this period
    std::optional<calendar::Instant> end = {};
    bool estimated = false;  // the end was inferred
    bool unpriced = false;   // the session stands without a price as of this row
    bool accruing = false;   // live: the session is open, the row grows

    // Seconds. used + rounding + minimum = billable; spin-down is a part of used.
    money::Decimal used = {};
    money::Decimal rounding = {};
    money::Decimal minimum = {};
    money::Decimal spin_down = {};
    money::Decimal billable = {};
    std::optional<money::Decimal> gb_seconds = {};  // absent: unpriced, the model's GB is not known
    std::optional<money::Decimal> amount = {};      // absent: the same

    std::string reason = {};    // of a correction: what is known otherwise now
    std::string evidence = {};  // what the session's start and end rest on
    /// What issued invoices hold of this session, period and plan, and which.
    money::Decimal invoiced_before = {};
    std::vector<std::string> invoiced_on = {};  // numbers, sorted
};

/// What issued invoices have charged so far for one line of one period.
struct InvoicedBefore {
    lifecycle::ModelName model = {};
    std::string plan = {};
    std::string period = {};
    money::Decimal amount = {};             // exact
    std::vector<std::string> numbers = {};  // of those invoices, sorted
    TaxTerms tax = {};                      // of the line of the latest of them
};

}  // namespace invoicing
