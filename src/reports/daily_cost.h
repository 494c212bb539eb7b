// What each day of an invoice's month cost, for the chart: the invoice's exact total cut into days
// and what no day of the month can carry.
#pragma once

#include <vector>

#include "calendar/zone.h"
#include "invoicing/invoice.h"

namespace reports {

struct DayCost {
    calendar::Day day;
    money::Decimal amount = {};  // exact, in the invoice's currency
};

struct DailyCost {
    std::vector<DayCost> days = {};  // every day of the month, in order
    /// Adjustments, corrections, and usage of another month.
    money::Decimal elsewhere = {};

    bool is_zero() const;
};

/// Cut as `usage --by day` cuts (metering.md, rule 5): a session's earlier days are their seconds
/// times the price of one of its seconds, the last day carries the rest with rounding and minimum.
/// A session whose amount is not its billable seconds times one price (its GB is not known as a
/// number) is its first day's. The days and `elsewhere` sum to the invoice's exact total.
/// Throws std::invalid_argument where the invoice's month is none.
DailyCost daily_cost(const invoicing::Invoice& invoice, const calendar::Zone& zone);

}  // namespace reports
