#include "invoicing/burn.h"

#include <algorithm>
#include <tuple>

#include "metering/rule.h"

namespace invoicing {
namespace {

using money::Decimal;

constexpr std::int64_t seconds_of_an_hour = 3600;

Decimal price_of_an_hour(const metering::SessionFacts& facts, const metering::Plan& plan) {
    const Decimal replicas(plan.per_replica ? facts.concurrency : 1);
    return *facts.gb * replicas * plan.rate_per_gb_second * Decimal(seconds_of_an_hour);
}

}  // namespace

void add_open_session(BurnRow& row, const metering::SessionFacts& facts, const metering::Plan& plan,
                      const calendar::Zone& zone, calendar::Instant now, const Decimal& charged) {
    ++row.open;
    if (!facts.gb || !metering::find_fault(facts, true).empty()) {
        ++row.unpriced;
        return;
    }
    const auto charge = metering::rate_session(facts, plan, zone, now);
    if (!charge.start) return;
    if (*charge.end == now) {
        ++row.metered;
        row.an_hour += price_of_an_hour(facts, plan);
    }
    for (const auto& slice : charge.slices) {
        if (to_text(slice.period) == row.month)
            row.month_to_date += slice.amount->value() - charged;
    }
}

void sort_rows(Burn& burn) {
    std::ranges::sort(burn.rows, [](const BurnRow& a, const BurnRow& b) {
        if (a.currency != b.currency) return a.currency < b.currency;
        if (a.an_hour != b.an_hour) return a.an_hour > b.an_hour;
        if (a.month_to_date != b.month_to_date) return a.month_to_date > b.month_to_date;
        return a.account < b.account;
    });
}

}  // namespace invoicing
