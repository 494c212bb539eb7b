#include "ledger/charge_rows.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

#include "invoicing/slice_parts.h"
#include "ledger/array_text.h"
#include "ledger/charge_basis.h"
#include "ledger/charge_table.h"
#include "ledger/charging.h"
#include "ledger/month_sums.h"
#include "ledger/plan_lookup.h"
#include "ledger/session_rows.h"
#include "metering/owing.h"
#include "metering/rule.h"
#include "proof/charge_check.h"

namespace ledger {
namespace {

using calendar::Instant;
using lifecycle::AccountId;
using lifecycle::SessionId;
using metering::nothing_of;
using metering::Owed;
using metering::Owing;
using metering::Place;
using money::Decimal;

/// Against the row before in the same period; a period's first row against the session's newest.
std::optional<std::string> find_reason(const Charged& charged, const ChargeBasis& now,
                                       const std::string& period) {
    if (charged.revisions.empty()) return std::nullopt;
    const auto found = charged.bases.find(period);
    const std::string& before = found == charged.bases.end() ? charged.newest_basis : found->second;
    if (before.empty()) return "what it rests on changed; what it was before was not kept";
    return to_storable(explain_change(parse_basis(before), now));
}

/// Makes the rows of some sessions agree with what they owe.
class Charging {
  public:
    Charging(Work& work, const std::vector<SessionName>& names)
        : work_(work), charged_(read_charged(work, names)) {
        read_timezones(names);
    }

    const Charged& charged(const SessionName& name) const {
        static const Charged nothing;
        const auto found = charged_.find(name);
        return found == charged_.end() ? nothing : found->second;
    }
    Owing rate(const AccountId& account, const FoldedSession& folded,
               const std::optional<Instant>& as_of) {
        if (folded.plan.empty()) return {};
        return metering::owing_of(metering::to_facts(folded.session, account.text()),
                                  plans_.get(work_, folded.plan), get_zone(timezones_.at(account)),
                                  as_of);
    }

    /// `runs_before`: that its charges so far have counted.
    void charge(const AccountId& account, const FoldedSession& folded, std::optional<Instant> as_of,
                std::uint64_t runs_before) {
        const lifecycle::Session& session = folded.session;
        const SessionName name{account, session.id};
        const Charged& before = charged(name);
        if (!as_of || (before.as_of && *before.as_of > *as_of)) as_of = before.as_of;
        const Subject subject{
            .name = name,
            .upstream = session.upstream,
            .model = session.model,
            .basis = basis_of(session, folded.plan, timezones_.at(account), as_of),
            .evidence = evidence_of(session),
            .snapshots = snapshots_of(account, folded, as_of),
            .unbilled = {.key = session.key,
                         .gb = session.gb.value_or(""),
                         .concurrency = session.concurrency,
                         .starts_at = {},
                         .ends_at = {}},
            .runs = static_cast<std::int64_t>(session.runs)};
        const Owing owing = rate(account, folded, as_of);
        settle(subject, before, owing, session.end_reason ? std::nullopt : as_of);
        count_runs(subject, before.sums, -static_cast<std::int64_t>(runs_before));
        count_runs(subject, owing, static_cast<std::int64_t>(session.runs));
    }
    void charge_back(const SessionName& name, std::uint64_t runs_before) {
        const Charged& before = charged(name);
        if (before.sums.empty()) return;
        const Subject subject{.name = name,
                              .upstream = before.upstream,
                              .model = before.model,
                              .basis = {.withdrawn = true},
                              .evidence = no_evidence};
        settle(subject, before, {}, std::nullopt);
        count_runs(subject, before.sums, -static_cast<std::int64_t>(runs_before));
    }
    /// Writes the rows; the GB-seconds of those that charge more.
    Decimal write() {
        insert_charges(work_, additions_);
        sums_.write(work_);
        return more_;
    }

  private:
    struct Subject {
        SessionName name;
        lifecycle::UpstreamId upstream;
        lifecycle::ModelName model;
        ChargeBasis basis;
        std::string evidence;
        std::map<std::string, ChargeSnapshot> snapshots = {};  // by period
        ChargeSnapshot unbilled = {};                          // of the other periods
        std::int64_t runs = 0;
    };

    std::map<std::string, ChargeSnapshot> snapshots_of(const AccountId& account,
                                                       const FoldedSession& folded,
                                                       const std::optional<Instant>& as_of) {
        std::map<std::string, ChargeSnapshot> snapshots;
        const lifecycle::Session& session = folded.session;
        const auto facts = metering::to_facts(session, account.text());
        if (folded.plan.empty() || (facts.is_open() && !as_of)) return snapshots;
        const calendar::Zone& zone = get_zone(timezones_.at(account));
        const auto charge = metering::rate_session(facts, plans_.get(work_, folded.plan), zone,
                                                   facts.is_open() ? as_of : std::nullopt);
        for (const auto& slice : invoicing::split(charge, charge.slices, zone))
            snapshots[slice.period] = {.key = session.key,
                                       .gb = session.gb.value_or(""),
                                       .concurrency = session.concurrency,
                                       .starts_at = slice.start,
                                       .ends_at = slice.end};
        return snapshots;
    }

    void read_timezones(const std::vector<SessionName>& names) {
        std::set<std::string> accounts;
        for (const auto& [account, session] : names) accounts.insert(account.text());
        for (const auto& row :
             work_.exec_params("SELECT id, timezone FROM accounts "
                               "WHERE id IN (SELECT jsonb_array_elements_text($1::jsonb))",
                               nlohmann::json(accounts).dump())) {
            timezones_.emplace(row[0].as<std::string>(), row[1].as<std::string>());
        }
    }

    const calendar::Zone& get_zone(const std::string& name) {
        if (const auto known = zones_.find(name); known != zones_.end()) return known->second;
        const auto zone = calendar::find_zone(name);
        if (!zone) throw std::runtime_error("there is no time zone " + name + " on this machine");
        return zones_.emplace(name, *zone).first->second;
    }

    static MonthSumName name_of(const Subject& subject, const Place& place, const Owed& owed) {
        return {.period = place.period,
                .account = subject.name.first,
                .model = lifecycle::ModelName(to_storable(subject.model.text())),
                .upstream = subject.upstream,
                .plan = place.plan,
                .currency = owed.currency};
    }

    /// A session's runs are of the first month that it owes for.
    void count_runs(const Subject& subject, const Owing& owing, std::int64_t change) {
        for (const auto& [place, owed] : owing) {
            if (!is_owed(owed)) continue;
            sums_.add_runs(name_of(subject, place, owed), change);
            return;
        }
    }

    // What is owed no more first, so that the highest revision of a period says how it stands.
    void settle(const Subject& subject, const Charged& before, const Owing& owing,
                const std::optional<Instant>& as_of) {
        std::map<std::string, int> revisions = before.revisions;
        std::int64_t runs = subject.runs - before.runs;
        const auto add = [&](const Place& place, const Owed& now, const Owed& was,
                             const std::optional<Instant>& charged_by) {
            const Decimal added =
                now.gb_seconds.value_or(Decimal()) - was.gb_seconds.value_or(Decimal());
            if (added > Decimal()) more_ = more_ + added;
            const MonthSumName name = name_of(subject, place, now);
            sums_.add(name, now, was);
            const auto counted = before.runs_of.find(place);
            const std::int64_t runs_was = counted == before.runs_of.end() ? 0 : counted->second;
            sums_.add_entry(name, is_entry(now, runs_was + runs) - is_entry(was, runs_was), runs);
            ChargeAddition addition{.name = subject.name,
                                    .upstream = subject.upstream,
                                    .model = subject.model,
                                    .place = place,
                                    .revision = ++revisions[place.period],
                                    .now = now,
                                    .before = was,
                                    .as_of = charged_by,
                                    .basis = to_json(subject.basis),
                                    .reason = find_reason(before, subject.basis, place.period),
                                    .evidence = subject.evidence,
                                    .runs = std::exchange(runs, 0),
                                    .snapshot = subject.unbilled};
            const auto snapshot = subject.snapshots.find(place.period);
            if (snapshot != subject.snapshots.end()) addition.snapshot = snapshot->second;
            additions_.push_back(std::move(addition));
        };
        for (const auto& [place, was] : before.sums) {
            if (owing.contains(place)) continue;
            const Owed nothing = nothing_of(was);
            if (was != nothing) add(place, nothing, was, std::nullopt);
        }
        for (const auto& [place, now] : owing) {
            const auto entry = before.sums.find(place);
            if (entry == before.sums.end()) {
                add(place, now, Owed{}, as_of);
            } else if (entry->second != now) {
                add(place, now, entry->second, as_of);
            }
        }
    }

    Work& work_;
    std::map<SessionName, Charged> charged_;
    std::map<AccountId, std::string> timezones_;
    std::map<std::string, calendar::Zone> zones_;
    PlanBook plans_;
    std::vector<ChargeAddition> additions_;
    MonthSumChanges sums_;
    Decimal more_;
};

}  // namespace

Decimal charge_sessions(Work& work, const std::vector<Refold>& refolds) {
    std::vector<SessionName> names;
    for (const Refold& refold : refolds) {
        for (const SessionId& session : refold.withdrawn)
            names.push_back({refold.account, session});
        for (const FoldedSession& folded : refold.sessions)
            names.push_back({refold.account, folded.session.id});
    }
    if (names.empty()) return {};
    Charging charging(work, names);
    for (const Refold& refold : refolds) {
        const auto runs_before = [&](const SessionId& session) {
            const auto found = refold.runs_before.find(session);
            return found == refold.runs_before.end() ? 0 : found->second;
        };
        for (const SessionId& session : refold.withdrawn)
            charging.charge_back({refold.account, session}, runs_before(session));
        for (const FoldedSession& folded : refold.sessions)
            charging.charge(refold.account, folded, std::nullopt, runs_before(folded.session.id));
    }
    return charging.write();
}

std::optional<proof::Difference> find_wrong_charge(Work& work, const AccountId& account,
                                                   const FoldedSession& folded,
                                                   const std::optional<std::string>& month) {
    const SessionName name{account, folded.session.id};
    Charging charging(work, {name});
    const Charged& charged = charging.charged(name);
    return proof::compare_charges(account, folded.session.id,
                                  charging.rate(account, folded, charged.as_of), charged.sums,
                                  month);
}

int charge_open_sessions(Store& store, const std::vector<AccountId>& accounts, Instant as_of) {
    ArrayText list;
    for (const AccountId& account : accounts) list.add(account.text());
    return transact(store, [&](Work& work) {
        // Locked, so that the meter does not charge the same session at the same time.
        std::vector<FoldedSession> open;
        std::vector<SessionName> names;
        for (const auto& row : work.exec_params(
                 std::string("SELECT coalesce(s.plan, ''), s.account_id, ") + session_columns +
                     " FROM sessions s WHERE s.account_id = ANY($1::text[]) AND s.end_reason IS "
                     "NULL AND s.loaded_at < $2 ORDER BY s.account_id, s.id FOR UPDATE",
                 list.text(), calendar::to_text(as_of))) {
            open.push_back({.session = read_session(row, 2), .plan = row[0].as<std::string>()});
            names.push_back({AccountId(row[1].as<std::string>()), open.back().session.id});
        }
        if (open.empty()) return 0;
        Charging charging(work, names);
        for (std::size_t i = 0; i < open.size(); ++i)
            charging.charge(names[i].first, open[i], as_of, open[i].session.runs);
        (void)charging.write();
        return static_cast<int>(open.size());
    });
}

}  // namespace ledger
