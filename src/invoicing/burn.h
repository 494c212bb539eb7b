// What accounts spend at this moment: instances that are open, what they cost an hour, what the
// month has brought. Owns what counts as burning; reads no clock and no ledger.
#pragma once

#include <string>
#include <vector>

#include "calendar/zone.h"
#include "lifecycle/ids.h"
#include "metering/plan.h"
#include "metering/session_facts.h"

namespace invoicing {

struct BurnRow {
    lifecycle::AccountId account_id = {};
    std::string account = {};
    std::string currency = {};
    std::string month = {};     // the present one of its zone
    std::int64_t open = 0;      // instances that have not ended
    std::int64_t metered = 0;   // of them, those that cost something now
    std::int64_t unpriced = 0;  // of them, those that nobody can price: no GB, or no plan
    money::Decimal an_hour =
        {};  // exact: GB × replicas × price of 3600 seconds of the metered ones
    money::Decimal month_to_date = {};

    /// Nothing open, and nothing owed this month.
    bool is_idle() const { return open == 0 && month_to_date.is_zero(); }
};

struct Burn {
    calendar::Instant as_of = {};
    std::vector<BurnRow> rows = {};  // what burns most first, then what the month has brought
};

/// Adds an open session as of `now`. `charged` is what charges hold of it for the row's month
/// already. A session that is booting, or that is idle beyond what its plan bills, costs nothing.
void add_open_session(BurnRow& row, const metering::SessionFacts& facts, const metering::Plan& plan,
                      const calendar::Zone& zone, calendar::Instant now,
                      const money::Decimal& charged);

/// In the order of Burn; of one currency beside another, by currency first.
void sort_rows(Burn& burn);

}  // namespace invoicing
