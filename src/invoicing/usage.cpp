#include "invoicing/usage.h"

#include <set>

namespace invoicing {
namespace {

std::string part_of(UsageBy by, const UsageEntry& entry) {
    switch (by) {
        case UsageBy::model:
            return entry.model.text();
        case UsageBy::key:
            return entry.key.text();
        case UsageBy::day:
            return entry.day;
        case UsageBy::account:
            break;
    }
    return "";
}

void add_sums(UsageSums& sums, const UsageSums& more) {
    sums.sessions += more.sessions;
    sums.open_sessions += more.open_sessions;
    sums.unpriced_sessions += more.unpriced_sessions;
    sums.inferences += more.inferences;
    sums.used += more.used;
    sums.rounding += more.rounding;
    sums.minimum += more.minimum;
    sums.spin_down += more.spin_down;
    sums.billable += more.billable;
    sums.gb_seconds += more.gb_seconds;
    sums.amount += more.amount;
}

}  // namespace

UsageTally::UsageTally(UsageBy by, std::string month, money::Currency currency,
                       calendar::Instant as_of)
    : usage_{.by = by, .month = std::move(month), .currency = currency, .as_of = as_of} {}

void UsageTally::add(const UsageEntry& entry) {
    const std::string part = part_of(usage_.by, entry);
    Slot& slot = slots_[{entry.account, part}];
    slot.row.account_id = entry.account_id;
    slot.row.account = entry.account;
    slot.row.timezone = entry.timezone;
    slot.row.part = part;
    add_to(slot.row.sums, entry, slot.newest != entry.session);
    slot.newest = entry.session;
    add_to(usage_.total, entry, newest_ != entry.session);
    newest_ = entry.session;
}

void UsageTally::add(const UsageRow& row) {
    Slot& slot = slots_[{row.account, row.part}];
    slot.row.account_id = row.account_id;
    slot.row.account = row.account;
    slot.row.timezone = row.timezone;
    slot.row.part = row.part;
    add_sums(slot.row.sums, row.sums);
    add_sums(usage_.total, row.sums);
}

void UsageTally::add_to(UsageSums& sums, const UsageEntry& entry, bool is_new) {
    if (is_new) {
        ++sums.sessions;
        if (entry.open) ++sums.open_sessions;
        if (!entry.amount) ++sums.unpriced_sessions;
    }
    sums.inferences += entry.inferences;
    sums.used += entry.used;
    sums.rounding += entry.rounding;
    sums.minimum += entry.minimum;
    sums.spin_down += entry.spin_down;
    sums.billable += entry.billable;
    if (entry.gb_seconds) sums.gb_seconds += *entry.gb_seconds;
    if (entry.amount) sums.amount += *entry.amount;
}

Usage UsageTally::finish() {
    std::set<std::string> zones;
    for (auto& [key, slot] : slots_) {
        zones.insert(slot.row.timezone);
        usage_.rows.push_back(std::move(slot.row));
    }
    if (zones.size() == 1) usage_.timezone = *zones.begin();
    return std::move(usage_);
}

}  // namespace invoicing
