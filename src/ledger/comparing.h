// A month's sessions priced twice, side by side: under a draft plan before it is activated, and
// under what the upstream charges. Reading only; sessions are streamed, so that memory grows with
// the rows of the answer.
#pragma once

#include <optional>

#include "calendar/period.h"
#include "invoicing/comparison.h"
#include "ledger/accounts.h"
#include "ledger/store.h"
#include "metering/plan.h"

namespace ledger {

/// Which sessions and how they are grouped. The month is that of each account's zone.
struct ComparisonScope {
    calendar::Month month;
    std::optional<lifecycle::AccountId> account = {};  // absent: every account
    invoicing::ComparisonBy by = invoicing::ComparisonBy::account;
};

// Both: open sessions are rated up to `now`; what manual corrections add is not in them. Throw
// Unavailable.

/// Each session's price by its own plan, then by `draft`.
invoicing::Comparison compare_with_draft(Store& store, const ComparisonScope& scope,
                                         const metering::Plan& draft, calendar::Instant now);

/// Revenue, each session's price by its own plan, then cost, by the cost plan in force at its load
/// (plans.h). Refused: there is no cost plan.
invoicing::Comparison compare_with_cost(Store& store, const ComparisonScope& scope,
                                        calendar::Instant now);

}  // namespace ledger
