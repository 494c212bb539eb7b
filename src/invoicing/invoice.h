// The invoice as a value: who, what, how much. A draft is an invoice without a number. Owns the
// shape alone; draft.h makes one, document.h writes and reads it, reports/ renders it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/instant.h"
#include "invoicing/correction.h"
#include "invoicing/party.h"
#include "invoicing/tax.h"
#include "lifecycle/ids.h"
#include "money/amount.h"

namespace invoicing {

enum class LineKind {
    usage,
    adjustment,  // charges of a period that an invoice was issued for already, or that is past
};

/// One model under one plan in one period.
struct Line {
    LineKind kind = LineKind::usage;
    lifecycle::ModelName model = {};
    std::string plan = {};
    std::string period = {};
    std::int64_t instances = 0;
    std::int64_t runs = 0;
    money::Decimal used = {};  // seconds, as in ChargeRow
    money::Decimal rounding = {};
    money::Decimal minimum = {};
    money::Decimal spin_down = {};
    money::Decimal billable = {};
    money::Decimal gb_seconds = {};
    money::Decimal unit_price = {};  // per GB-second, every digit of the plan's
    money::Amount amount;            // gb_seconds × unit_price, exact
    money::Payable payable;          // rounded, here and nowhere else
    /// Of an adjustment: what issued invoices had charged for this model, plan and period.
    std::optional<money::Decimal> invoiced_before = {};
    std::vector<std::string> invoiced_on = {};  // those invoices' numbers
    /// Of an adjustment: why, with the evidence; each once, the first few of many sessions'.
    std::vector<std::string> reasons = {};
    bool accruing = false;
    TaxTerms tax = {};
};

/// One session in one period: a line of the appendix.
struct SessionEntry {
    LineKind kind = LineKind::usage;
    lifecycle::SessionId session = {};
    lifecycle::ModelName model = {};
    lifecycle::KeyFingerprint key = {};
    std::string plan = {};
    std::string period = {};
    std::string gb = {};
    std::int64_t concurrency = 1;
    std::int64_t runs = 0;
    std::optional<calendar::Instant> start = {};
    std::optional<calendar::Instant> end = {};
    money::Decimal used = {};
    money::Decimal rounding = {};
    money::Decimal minimum = {};
    money::Decimal spin_down = {};
    money::Decimal billable = {};
    std::optional<money::Decimal> gb_seconds = {};
    std::optional<money::Decimal> amount = {};
    bool estimated = false;
    bool accruing = false;

    /// Of an adjustment: what issued invoices hold of this session, period and plan.
    money::Decimal invoiced_before = {};
    std::vector<std::string> invoiced_on = {};
    std::string reason = {};  // empty: not an adjustment, or issued before reasons were kept
    std::string evidence = {};
};

enum class DocumentKind {
    invoice,
    credit_note,  // its total is negative: the issuer owes the customer
};
std::string_view to_text(DocumentKind kind);

/// Where a chain of the account's facts stood when the invoice was issued (proof/chain.h): whoever
/// holds the invoice can tell whether facts from before it were changed since.
struct ChainHead {
    std::string gateway = {};
    std::uint64_t facts = 0;          // in the chain
    std::uint64_t last_sequence = 0;  // of the gateway's journal
    std::string hash = {};            // of the last fact, hex
};

struct Invoice {
    std::optional<std::string> number = {};           // absent: a draft
    std::optional<calendar::Instant> issued_at = {};  // absent: a draft
    std::optional<calendar::Instant> accrued_to =
        {};  // of a draft: open sessions are rated up to here
    lifecycle::AccountId account_id = {};
    std::string account = {};  // its name
    std::string month = {};    // "2026-10"
    std::string timezone = {};
    money::Currency currency;
    Party issuer = {};
    Party customer = {};
    std::vector<Line> lines = {};
    std::vector<SessionEntry> sessions = {};
    std::vector<Correction> corrections = {};  // lines too, entered by hand
    money::Amount total_exact;                 // of the lines and the corrections: before tax
    std::vector<TaxLine> taxes = {};           // by category and rate; all that the invoice bears
    money::Payable net;                        // the sum of the payable lines and the corrections
    money::Payable tax;                        // the sum of the taxes
    money::Payable total;                      // net + tax: what is to be paid
    std::string digest = {};                   // SHA-256 of canonical_inputs (document.h), hex
    DocumentKind kind = DocumentKind::invoice;
    std::vector<std::string> corrects = {};   // of a credit note: the invoices' numbers, sorted
    std::string voids = {};                   // the one document that this one takes back whole
    std::string reason = {};                  // why it does, for the customer
    std::vector<ChainHead> chain_heads = {};  // by gateway; of a draft: none
    std::int64_t payment_days = 0;            // from the day of issue; 0: none are stated
    std::string due_date = {};  // "2026-11-15", in the invoice's zone; of a draft, or none: empty

    /// Whether the digest covers the sessions and the stored document holds them. Not since they
    /// are made from the charges that the invoice holds, which are never changed (appendix.h); but
    /// where it holds charges from before they said all that the sessions do.
    bool digests_sessions = true;

    bool is_empty() const { return lines.empty() && corrections.empty(); }
    /// Nothing, or nothing but adjustments without a GB-second or an amount (an end that moved
    /// within its minute): no reason for an invoice. They are on the next that has one.
    bool moves_nothing() const {
        const auto is_usage = [](const Line& line) { return line.kind == LineKind::usage; };
        return corrections.empty() && std::none_of(lines.begin(), lines.end(), is_usage) &&
               std::all_of(sessions.begin(), sessions.end(), [](const SessionEntry& entry) {
                   return entry.kind == LineKind::adjustment && entry.gb_seconds && entry.amount &&
                          entry.gb_seconds->is_zero() && entry.amount->is_zero();
               });
    }
};

}  // namespace invoicing
