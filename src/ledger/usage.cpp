#include "ledger/usage.h"

#include <map>
#include <set>

#include "invoicing/slice_parts.h"
#include "ledger/invoices.h"
#include "ledger/month_sums.h"
#include "ledger/queries.h"
#include "ledger/transaction.h"
#include "metering/rule.h"

namespace ledger {
namespace {

using invoicing::SliceParts;
using invoicing::UsageBy;
using invoicing::UsageEntry;

money::Currency common_currency(const std::vector<Account>& accounts) {
    std::set<std::string> codes;
    for (const Account& account : accounts) codes.insert(account.currency);
    if (codes.size() > 1) {
        std::string list;
        for (const std::string& code : codes) list.append(list.empty() ? "" : ", ").append(code);
        throw Refused("the accounts pay in several currencies (" + list +
                      "), which have no sum: name one with --account");
    }
    const std::string code = codes.empty() ? "USD" : *codes.begin();
    const auto currency = money::find_currency(code);
    if (!currency) throw Refused("there is no currency " + code);
    return *currency;
}

class UsageReading {
  public:
    UsageReading(calendar::Month month, UsageBy by, calendar::Instant now, money::Currency currency)
        : month_(month), by_(by), now_(now), tally_(by, to_text(month), currency, now) {}

    /// What has been charged is summed already; only what goes on is rated.
    void read_sums(Store& store, const std::vector<Account>& accounts) {
        std::set<lifecycle::AccountId> wanted;
        for (const Account& account : accounts) wanted.insert(account.id);
        std::optional<lifecycle::AccountId> alone;
        if (wanted.size() == 1) alone = *wanted.begin();
        transact(store, [&](Work& work) {
            for (const auto& row : read_month_sums(work, to_text(month_), by_, alone))
                if (wanted.contains(row.account_id)) tally_.add(row);
        });
        SessionFilter filter;
        filter.account = alone;
        filter.open_only = true;
        for_each_session(store, filter, [&](const SessionRecord& record) {
            if (wanted.contains(record.account)) add(record, get_zone(record.timezone));
        });
    }

    void read(Store& store, const Account& account) {
        const calendar::Zone zone = get_zone(account.timezone);
        SessionFilter filter;
        filter.account = account.id;
        filter.from = zone.start_of(month_);
        filter.until = zone.start_of(month_.next());
        // A session's billed time ends at most a grace after its end; those of the month before
        // are looked at too, and left out by their slices.
        filter.from = *filter.from - calendar::Duration::seconds(7 * 24 * 3600);
        for_each_session(store, filter, [&](const SessionRecord& record) { add(record, zone); });
    }

    invoicing::Usage finish() { return tally_.finish(); }

  private:
    const metering::Plan* find_plan(const SessionRecord& record) {
        if (!record.plan || !record.plan_document) return nullptr;
        auto place = plans_.find(*record.plan);
        if (place == plans_.end()) {
            auto parsed = metering::parse_plan(*record.plan_document);
            auto* plan = std::get_if<metering::Plan>(&parsed);
            if (!plan) throw Refused("the stored plan " + *record.plan + " is none");
            place = plans_.emplace(*record.plan, std::move(*plan)).first;
        }
        return &place->second;
    }

    void add(const SessionRecord& record, const calendar::Zone& zone) {
        const metering::Plan* plan = find_plan(record);
        const auto facts = metering::to_facts(record.session, record.account_name);
        if (!plan || !metering::find_fault(facts, true).empty()) return;
        const auto charge = metering::rate_session(facts, *plan, zone, now_);
        const auto slices =
            by_ == UsageBy::day
                ? invoicing::split(charge, metering::cut_into_days(charge, facts, *plan, zone),
                                   zone)
                : invoicing::split(charge, charge.slices, zone);
        const std::string month = to_text(month_);
        for (const SliceParts& slice : slices) {
            if (!slice.period.starts_with(month)) continue;
            UsageEntry entry = to_entry(record, slice);
            if (&slice == slices.data()) {
                entry.inferences = static_cast<std::int64_t>(record.session.runs);
            }
            tally_.add(entry);
        }
    }

    static UsageEntry to_entry(const SessionRecord& record, const SliceParts& slice) {
        UsageEntry entry{.account_id = record.account,
                         .account = record.account_name,
                         .timezone = record.timezone,
                         .session = record.session.id,
                         .model = record.session.model,
                         .key = record.session.key,
                         .day = slice.period,
                         .open = !record.session.end_reason,
                         .used = metering::to_seconds(slice.used),
                         .rounding = metering::to_seconds(slice.rounding),
                         .minimum = metering::to_seconds(slice.minimum),
                         .spin_down = metering::to_seconds(slice.spin_down),
                         .billable = metering::to_seconds(slice.billable),
                         .gb_seconds = slice.gb_seconds};
        if (slice.amount) entry.amount = slice.amount->value();
        return entry;
    }

    calendar::Month month_;
    UsageBy by_;
    calendar::Instant now_;
    invoicing::UsageTally tally_;
    std::map<std::string, metering::Plan> plans_;
};

}  // namespace

invoicing::Usage read_usage(Store& store, const std::vector<Account>& accounts,
                            calendar::Month month, UsageBy by, calendar::Instant now) {
    UsageReading reading(month, by, now, common_currency(accounts));
    std::set<std::string> zones;
    const bool is_summed = by == UsageBy::account || by == UsageBy::model;
    for (const Account& account : accounts) {
        if (!is_summed) reading.read(store, account);
        zones.insert(account.timezone);
    }
    if (is_summed) reading.read_sums(store, accounts);
    invoicing::Usage usage = reading.finish();
    if (usage.rows.empty() && zones.size() == 1) usage.timezone = *zones.begin();
    return usage;
}

}  // namespace ledger
