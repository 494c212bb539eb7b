#include "invoicing/session_entries.h"

#include <algorithm>

namespace invoicing {

void SessionEntries::add(const ChargeRow& row, const LineKey& line) {
    add(row, std::get<0>(line), sums_[{line, row.session.text()}]);
}

std::vector<SessionEntries::Closed> SessionEntries::close() {
    std::vector<Closed> closed;
    for (auto& [key, sum] : sums_) {
        if (is_nothing(sum)) continue;
        give_reason(sum);
        closed.push_back({std::get<0>(key), std::move(sum.entry), sum.is_unpriced});
    }
    sums_.clear();
    return closed;
}

void SessionEntries::add(const ChargeRow& row, LineKind kind, Sum& sum) {
    SessionEntry& entry = sum.entry;
    if (row.revision == 0 || row.revision > sum.newest_revision) {
        entry.start = row.start;
        entry.end = row.end;
        entry.gb = row.gb;
        entry.concurrency = row.concurrency;
        entry.estimated = row.estimated;
        sum.newest_revision = row.revision;
        sum.is_unpriced = row.unpriced;
        entry.evidence = row.evidence;
    }
    if (!row.reason.empty()) sum.reasons[row.revision] = row.reason;
    entry.invoiced_before = row.invoiced_before;
    entry.invoiced_on = row.invoiced_on;
    entry.kind = kind;
    entry.session = row.session;
    entry.model = row.model;
    entry.key = row.key;
    entry.plan = row.plan;
    entry.period = row.period;
    entry.accruing = entry.accruing || row.accruing;
    entry.runs += row.runs;
    entry.used += row.used;
    entry.rounding += row.rounding;
    entry.minimum += row.minimum;
    entry.spin_down += row.spin_down;
    entry.billable += row.billable;
    if (row.gb_seconds)
        entry.gb_seconds = entry.gb_seconds.value_or(money::Decimal()) + *row.gb_seconds;
    if (row.amount) entry.amount = entry.amount.value_or(money::Decimal()) + *row.amount;
}

// Charged and charged back before any invoice showed it.
bool SessionEntries::is_nothing(const Sum& sum) {
    const SessionEntry& entry = sum.entry;
    return !sum.is_unpriced && !entry.accruing && entry.runs == 0 && entry.used.is_zero() &&
           entry.billable.is_zero() && entry.gb_seconds.value_or(money::Decimal()).is_zero() &&
           entry.amount.value_or(money::Decimal()).is_zero();
}

// The revisions' reasons in their order. What an invoice never held is not corrected by it:
// that it comes late is the reason.
void SessionEntries::give_reason(Sum& sum) {
    SessionEntry& entry = sum.entry;
    if (entry.kind != LineKind::adjustment || entry.accruing) {
        entry.evidence.clear();
        return;
    }
    if (entry.invoiced_on.empty()) entry.reason = "not invoiced before";
    for (const auto& [revision, reason] : sum.reasons) {
        if (!entry.reason.empty()) entry.reason += "; ";
        entry.reason += reason;
    }
}

void sort_entries(std::vector<SessionEntry>& entries) {
    const auto order = [](const SessionEntry& entry) {
        return std::tuple(entry.kind, std::string_view(entry.period),
                          std::string_view(entry.model.text()), std::string_view(entry.plan),
                          entry.start, std::string_view(entry.session.text()));
    };
    std::ranges::sort(entries, [&](const auto& a, const auto& b) { return order(a) < order(b); });
}

}  // namespace invoicing
