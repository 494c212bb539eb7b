// A month's charges as rows of FOCUS (invoicing/focus.h), streamed: memory grows with the lines of
// the longest invoice, not with sessions, invoices or accounts.
//
// - The invoiced part: every document of the month as it was issued, also those that were taken
//   back and those that took them back.
// - The open part: what the month owes and no standing invoice holds: charges, open sessions as of
//   now, corrections by hand entered within the month. Once invoiced, on whichever invoice, it is
//   in that invoice's month instead, so no row is in two months.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "calendar/period.h"
#include "invoicing/focus.h"
#include "ledger/accounts.h"

namespace ledger {

struct FocusQuery {
    std::vector<Account> accounts = {};
    calendar::Month month = {};
    std::string issuer = {};  // of open rows: its name
    calendar::Instant now = {};
};

/// The statement's `invoice` tells the part: invoiced ones come first. Must not use the store.
using FocusVisitor =
    std::function<void(const invoicing::FocusStatement&, const invoicing::FocusRow&)>;

/// Both parts as of one moment. How many open sessions or charges were left out because they have
/// no price (their model's GB is not known). Throws Unavailable, Refused.
std::int64_t for_each_focus_row(Store& store, const FocusQuery& query, const FocusVisitor& visit);

}  // namespace ledger
