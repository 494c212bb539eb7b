#include "ledger/charge_rows.h"

#include <map>
#include <stdexcept>

#include "calendar/zone.h"
#include "ledger/charge_basis.h"
#include "ledger/charging.h"
#include "ledger/session_rows.h"
#include "metering/rule.h"

namespace ledger {
namespace {

using calendar::Duration;
using calendar::Instant;
using lifecycle::AccountId;
using lifecycle::SessionId;
using money::Decimal;

/// What a session owes, or its rows say, for one period under one plan.
struct Owed {
    Decimal seconds;
    Decimal used;
    Decimal rounding;
    Decimal minimum;
    Decimal spin_down;
    std::optional<Decimal> gb_seconds;
    std::optional<Decimal> amount;
    std::string currency;
    std::string status = "free";
    bool estimated = false;
    friend bool operator==(const Owed&, const Owed&) = default;
};

struct Place {
    std::string period;
    std::string plan;
    friend auto operator<=>(const Place&, const Place&) = default;
};

using Owing = std::map<Place, Owed>;

/// The rows that a session has.
struct Charged {
    Owing sums;
    std::map<std::string, int> revisions;      // the highest, by period
    std::map<std::string, std::string> bases;  // of those revisions, as JSON; empty: not kept
    std::string newest_basis;                  // of all periods
    std::optional<Instant> as_of;  // finished months were charged by it while it was open
};

metering::Plan read_plan(Work& work, const std::string& name) {
    const pqxx::row row = work.exec_params1("SELECT document FROM plans WHERE name = $1", name);
    auto parsed = metering::parse_plan(row[0].as<std::string>());
    if (const auto* refused = std::get_if<metering::PlanRefused>(&parsed)) {
        throw std::runtime_error("the stored plan " + name + " is none: " + refused->why);
    }
    return std::get<metering::Plan>(parsed);
}

std::string read_timezone(Work& work, const AccountId& account) {
    return work.exec_params1("SELECT timezone FROM accounts WHERE id = $1", account.text())[0]
        .as<std::string>();
}

calendar::Zone get_known_zone(const std::string& name) {
    const auto zone = calendar::find_zone(name);
    if (!zone) throw std::runtime_error("there is no time zone " + name + " on this machine");
    return *zone;
}

Decimal read_decimal(const pqxx::field& field) {
    const auto decimal = money::parse_decimal(field.c_str());
    if (!decimal) throw std::runtime_error(std::string("not a decimal: ") + field.c_str());
    return *decimal;
}

std::optional<Decimal> find_decimal(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return read_decimal(field);
}

Charged read_charged(Work& work, const AccountId& account, const SessionId& session) {
    Charged charged;
    std::optional<Instant> newest;
    for (const auto& row : work.exec_params(
             "SELECT period, plan, sum(seconds), sum(used_seconds), sum(rounding_seconds), "
             "sum(minimum_seconds), sum(spin_down_seconds), sum(gb_seconds), sum(amount), "
             "(array_agg(currency ORDER BY revision DESC))[1], "
             "(array_agg(status ORDER BY revision DESC))[1], "
             "(array_agg(estimated ORDER BY revision DESC))[1], max(revision), max(as_of), "
             "(array_agg(coalesce(basis, '') ORDER BY revision DESC))[1], max(charged_at) "
             "FROM charges WHERE account_id = $1 AND session_id = $2 GROUP BY period, plan",
             account.text(), session.text())) {
        const Place place{.period = row[0].as<std::string>(), .plan = row[1].as<std::string>()};
        Owed owed{.seconds = read_decimal(row[2]),
                  .used = read_decimal(row[3]),
                  .rounding = read_decimal(row[4]),
                  .minimum = read_decimal(row[5]),
                  .spin_down = read_decimal(row[6]),
                  .gb_seconds = find_decimal(row[7]),
                  .amount = find_decimal(row[8]),
                  .currency = row[9].as<std::string>(),
                  .status = row[10].as<std::string>(),
                  .estimated = row[11].as<bool>()};
        // Priced once and unpriced since: the sums are zero, and what is owed is not known.
        if (owed.status == "unpriced") owed.gb_seconds = owed.amount = std::nullopt;
        charged.sums.emplace(place, owed);
        int& revision = charged.revisions[place.period];
        if (row[12].as<int>() > revision) {
            revision = row[12].as<int>();
            charged.bases[place.period] = row[14].as<std::string>();
        }
        const Instant charged_at = read_instant(row[15]);
        if (!newest || charged_at > *newest) {
            newest = charged_at;
            charged.newest_basis = row[14].as<std::string>();
        }
        if (const auto as_of = find_instant(row[13])) {
            charged.as_of = std::max(charged.as_of.value_or(*as_of), *as_of);
        }
    }
    return charged;
}

/// The slices of a charge with their parts: rounding and minimum are the last one's; spin-down is
/// the end of the used time, so it is the last slices'.
Owing to_owing(const metering::Charge& charge, const metering::Plan& plan,
               std::size_t slice_count) {
    Owing owing;
    Duration spin_down = charge.spin_down;
    for (std::size_t i = charge.slices.size(); i-- > 0;) {
        const metering::MonthSlice& slice = charge.slices[i];
        const bool is_last = i + 1 == charge.slices.size();
        const Duration rounding = is_last ? charge.rounding : Duration{};
        const Duration minimum = is_last ? charge.minimum : Duration{};
        const Duration used = slice.billable - rounding - minimum;
        const Duration idle = std::min(spin_down, used);
        spin_down = spin_down - idle;
        if (i >= slice_count) continue;
        Owed owed{.seconds = metering::to_seconds(slice.billable),
                  .used = metering::to_seconds(used),
                  .rounding = metering::to_seconds(rounding),
                  .minimum = metering::to_seconds(minimum),
                  .spin_down = metering::to_seconds(idle),
                  .gb_seconds = slice.gb_seconds,
                  .amount = std::nullopt,
                  .currency = std::string(plan.currency.code()),
                  .status = std::string(metering::to_text(charge.status)),
                  .estimated = charge.estimated};
        if (slice.amount) owed.amount = slice.amount->value();
        owing.emplace(Place{.period = calendar::to_text(slice.period), .plan = plan.name}, owed);
    }
    return owing;
}

/// What the session owes now. An open one owes its finished months once they were asked for: those
/// slices that another follows.
Owing rate(Work& work, const AccountId& account, const FoldedSession& folded,
           const std::string& timezone, std::optional<Instant> as_of) {
    const bool is_open = !folded.session.end_reason;
    if (folded.plan.empty() || (is_open && !as_of)) return {};
    const metering::Plan plan = read_plan(work, folded.plan);
    const metering::Charge charge =
        metering::rate_session(metering::to_facts(folded.session, account.text()), plan,
                               get_known_zone(timezone), is_open ? as_of : std::nullopt);
    const std::size_t count = charge.slices.size();
    return to_owing(charge, plan, is_open && count > 0 ? count - 1 : count);
}

std::optional<std::string> difference(const std::optional<Decimal>& now,
                                      const std::optional<Decimal>& before) {
    if (!now && !before) return std::nullopt;
    return money::to_text(now.value_or(Decimal()) - before.value_or(Decimal()));
}

struct Subject {
    AccountId account;
    SessionId session;
    lifecycle::UpstreamId upstream;
    lifecycle::ModelName model;
    ChargeBasis basis;
    std::string evidence;
};

/// A row to be, and why.
struct Addition {
    Place place;
    int revision = 1;
    Owed now;
    Owed before;
    std::optional<Instant> as_of;
    std::optional<std::string> reason;  // absent: the session's first row
};

void insert_row(Work& work, const Subject& subject, const Addition& added) {
    const Owed& now = added.now;
    const Owed& before = added.before;
    std::optional<std::string> evidence;
    if (added.reason) evidence = subject.evidence;
    work.exec_params(
        "INSERT INTO charges (account_id, session_id, period, revision, upstream, model, plan, "
        "currency, status, estimated, seconds, used_seconds, rounding_seconds, minimum_seconds, "
        "spin_down_seconds, gb_seconds, amount, as_of, basis, reason, evidence) VALUES ($1, $2, "
        "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)",
        subject.account.text(), subject.session.text(), added.place.period, added.revision,
        subject.upstream.text(), to_storable(subject.model.text()), added.place.plan, now.currency,
        now.status, now.estimated, money::to_text(now.seconds - before.seconds),
        money::to_text(now.used - before.used), money::to_text(now.rounding - before.rounding),
        money::to_text(now.minimum - before.minimum),
        money::to_text(now.spin_down - before.spin_down),
        difference(now.gb_seconds, before.gb_seconds), difference(now.amount, before.amount),
        to_parameter(added.as_of), to_storable(to_json(subject.basis)), added.reason, evidence);
}

/// Against the row before in the same period; a period's first row against the session's newest.
std::optional<std::string> find_reason(const Charged& charged, const ChargeBasis& now,
                                       const std::string& period) {
    if (charged.revisions.empty()) return std::nullopt;
    const auto found = charged.bases.find(period);
    const std::string& before = found == charged.bases.end() ? charged.newest_basis : found->second;
    if (before.empty()) return "what it rests on changed; what it was before was not kept";
    return to_storable(explain_change(parse_basis(before), now));
}

std::string text_of(const std::optional<Decimal>& value) {
    return value ? money::to_text(*value) : "none";
}

std::vector<std::pair<std::string, std::string>> fields_of(const Owed& owed) {
    return {{"amount", text_of(owed.amount)},
            {"gb_seconds", text_of(owed.gb_seconds)},
            {"seconds", money::to_text(owed.seconds)},
            {"used_seconds", money::to_text(owed.used)},
            {"rounding_seconds", money::to_text(owed.rounding)},
            {"minimum_seconds", money::to_text(owed.minimum)},
            {"spin_down_seconds", money::to_text(owed.spin_down)},
            {"currency", owed.currency},
            {"status", owed.status},
            {"estimated", owed.estimated ? "yes" : "no"}};
}

/// A place that nothing is owed for any more.
Owed nothing_of(const Owed& before) {
    Owed nothing;
    nothing.currency = before.currency;
    if (before.gb_seconds) nothing.gb_seconds = Decimal();
    if (before.amount) nothing.amount = Decimal();
    return nothing;
}

/// Adds the rows that make the sums agree; none where they do. Returns the GB-seconds of those that
/// charge more.
Decimal settle(Work& work, const Subject& subject, const Charged& charged, const Owing& owing,
               const std::optional<Instant>& as_of) {
    std::map<std::string, int> revisions = charged.revisions;
    Decimal more;
    const auto add = [&](const Place& place, const Owed& now, const Owed& before,
                         const std::optional<Instant>& charged_by) {
        const Decimal added =
            now.gb_seconds.value_or(Decimal()) - before.gb_seconds.value_or(Decimal());
        if (added > Decimal()) more = more + added;
        insert_row(work, subject,
                   {.place = place,
                    .revision = ++revisions[place.period],
                    .now = now,
                    .before = before,
                    .as_of = charged_by,
                    .reason = find_reason(charged, subject.basis, place.period)});
    };
    // What is owed no more first, so that the highest revision of a period says how it stands.
    for (const auto& [place, before] : charged.sums) {
        if (owing.contains(place)) continue;
        const Owed nothing = nothing_of(before);
        if (before == nothing) continue;
        add(place, nothing, before, std::nullopt);
    }
    for (const auto& [place, now] : owing) {
        const auto entry = charged.sums.find(place);
        const Owed before = entry == charged.sums.end() ? Owed{} : entry->second;
        if (entry != charged.sums.end() && before == now) continue;
        add(place, now, before, as_of);
    }
    return more;
}

Decimal charge_session(Work& work, const AccountId& account, const FoldedSession& folded,
                       std::optional<Instant> as_of) {
    const lifecycle::Session& session = folded.session;
    const Charged charged = read_charged(work, account, session.id);
    if (!as_of || (charged.as_of && *charged.as_of > *as_of)) as_of = charged.as_of;
    const std::string timezone = read_timezone(work, account);
    const Owing owing = rate(work, account, folded, timezone, as_of);
    return settle(work,
                  {.account = account,
                   .session = session.id,
                   .upstream = session.upstream,
                   .model = session.model,
                   .basis = basis_of(session, folded.plan, timezone, as_of),
                   .evidence = evidence_of(session)},
                  charged, owing, session.end_reason ? std::nullopt : as_of);
}

void charge_back(Work& work, const AccountId& account, const SessionId& session) {
    const pqxx::result row = work.exec_params(
        "SELECT upstream, model FROM charges WHERE account_id = $1 AND session_id = $2 LIMIT 1",
        account.text(), session.text());
    if (row.empty()) return;
    settle(work,
           {.account = account,
            .session = session,
            .upstream = lifecycle::UpstreamId(row[0][0].as<std::string>()),
            .model = lifecycle::ModelName(row[0][1].as<std::string>()),
            .basis = {.withdrawn = true},
            .evidence = no_evidence},
           read_charged(work, account, session), {}, std::nullopt);
}

}  // namespace

Decimal charge_sessions(Work& work, const AccountId& account, const Refold& refold) {
    for (const SessionId& session : refold.withdrawn) charge_back(work, account, session);
    Decimal more;
    for (const FoldedSession& folded : refold.sessions) {
        more = more + charge_session(work, account, folded, std::nullopt);
    }
    return more;
}

std::optional<proof::Difference> find_wrong_charge(Work& work, const AccountId& account,
                                                   const FoldedSession& folded,
                                                   const std::optional<std::string>& month) {
    const Charged charged = read_charged(work, account, folded.session.id);
    const Owing owing = rate(work, account, folded, read_timezone(work, account), charged.as_of);
    const std::string subject =
        "the charge of session " + folded.session.id.text() + " of account " + account.text();
    const auto compare = [&](const Place& place, const Owed& expected, const Owed& found) {
        std::optional<proof::Difference> difference;
        if (month && place.period != *month) return difference;
        const auto should = fields_of(expected);
        const auto is = fields_of(found);
        for (std::size_t i = 0; i < should.size() && !difference; ++i) {
            if (should[i].second == is[i].second) continue;
            difference =
                proof::Difference{subject + " for " + place.period + " under " + place.plan,
                                  should[i].first, should[i].second, is[i].second};
        }
        return difference;
    };
    for (const auto& [place, now] : owing) {
        const auto entry = charged.sums.find(place);
        if (entry == charged.sums.end()) {
            if (month && place.period != *month) continue;
            return proof::Difference{subject + " for " + place.period + " under " + place.plan,
                                     "amount", text_of(now.amount), "none"};
        }
        if (auto difference = compare(place, now, entry->second)) return difference;
    }
    for (const auto& [place, before] : charged.sums) {
        if (owing.contains(place)) continue;
        if (auto difference = compare(place, nothing_of(before), before)) return difference;
    }
    return std::nullopt;
}

int charge_open_sessions(Store& store, const AccountId& account, Instant as_of) {
    return transact(store, [&](Work& work) {
        // Locked, so that the meter does not charge the same session at the same time.
        const pqxx::result rows = work.exec_params(
            std::string("SELECT coalesce(s.plan, ''), ") + session_columns +
                " FROM sessions s WHERE s.account_id = $1 AND s.end_reason IS NULL "
                "AND s.loaded_at < $2 ORDER BY s.id FOR UPDATE",
            account.text(), calendar::to_text(as_of));
        for (const auto& row : rows) {
            charge_session(work, account,
                           {.session = read_session(row, 1), .plan = row[0].as<std::string>()},
                           as_of);
        }
        return static_cast<int>(rows.size());
    });
}

}  // namespace ledger
