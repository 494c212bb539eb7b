#include "ledger/refold.h"

#include <map>
#include <set>

#include "ledger/company.h"
#include "ledger/plan_lookup.h"
#include "ledger/session_rows.h"
#include "lifecycle/fact_json.h"
#include "lifecycle/fold.h"

namespace ledger {
namespace {

using calendar::Duration;
using calendar::Instant;
using lifecycle::Session;

// By how much gateways' clocks may differ from each other, and facts of one event by the time it
// takes. The upstream's clock has no part in it: reach is measured on the clock that facts have.
constexpr Duration slack = Duration::seconds(600);

/// How far back a fold goes, on the gateways' clock. Sessions whose facts all lie before the new
/// ones are final, but for the last of them, whose end may have been inferred: what is seen of it
/// now corrects it. The one before that is derived along with it, so that the tail of its facts is
/// not taken for a session of its own, but is not written.
struct Reach {
    std::optional<Instant> facts_from;     // absent: all of them
    std::optional<Instant> sessions_from;  // by their facts_from
    Instant touched;  // sessions before it are written only where they turn out otherwise
};

std::optional<Instant> find_last_before(Work& work, const InstanceName& instance, Instant limit) {
    return find_instant(work.exec_params1(
        "SELECT max(facts_from) FROM sessions WHERE account_id = $1 AND upstream = $2 AND "
        "model = $3 AND facts_from < $4",
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        calendar::to_text(limit))[0]);
}

Reach find_reach(Work& work, const InstanceName& instance, Instant earliest) {
    const Instant threshold = earliest - slack;
    const pqxx::row first = work.exec_params1(
        "SELECT min(facts_from) FROM sessions WHERE account_id = $1 AND upstream = $2 AND "
        "model = $3 AND (end_reason IS NULL OR facts_until >= $4)",
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        calendar::to_text(threshold));
    Reach reach;
    reach.touched = std::min(threshold, find_instant(first[0]).value_or(threshold));
    reach.sessions_from = find_last_before(work, instance, reach.touched);
    if (!reach.sessions_from) return reach;
    if (const auto before = find_last_before(work, instance, *reach.sessions_from))
        reach.facts_from = lifecycle::clock_window_start(*before - slack);
    return reach;
}

// Facts of the account's keys from before they had an account have none; facts of the catalogue and
// of the operator have no key.
std::vector<lifecycle::RecordedFact> read_facts(Work& work, const InstanceName& instance,
                                                std::optional<Instant> from) {
    return read_recorded(work.exec_params(
        "SELECT gateway, sequence, body FROM facts WHERE model = $1 AND upstream IN ($2, '') "
        "AND (account_id = $3 OR (account_id IS NULL AND (key IS NULL OR key IN "
        "(SELECT fingerprint FROM keys WHERE account_id = $3)))) "
        "AND ($4::timestamptz IS NULL OR occurred_at >= $4 "
        "OR kind IN ('catalogue_entry', 'model_set')) AND kind <> 'unreadable'",
        to_storable(instance.model.text()), instance.upstream.text(), instance.account.text(),
        to_parameter(from)));
}

using Known = std::map<lifecycle::SessionId, FoldedSession>;

Known list_known(Work& work, const InstanceName& instance, std::optional<Instant> from) {
    Known known;
    for (const auto& row : work.exec_params(
             std::string("SELECT coalesce(s.plan, ''), ") + session_columns +
                 " FROM sessions s WHERE s.account_id = $1 AND s.upstream = $2 AND s.model = $3 "
                 "AND ($4::timestamptz IS NULL OR s.facts_from >= $4)",
             instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
             to_parameter(from))) {
        FoldedSession folded{.session = read_session(row, 1), .plan = row[0].as<std::string>()};
        known.emplace(folded.session.id, std::move(folded));
    }
    return known;
}

/// Two gateways' meters may fold what two accounts saw of one instance: one after the other.
void hold_instance(Work& work, const InstanceName& instance) {
    work.exec_params("SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))",
                     instance.upstream.text(), to_storable(instance.model.text()));
}

/// The first of the known sessions that is not there any more, or began at another instant, or of
/// the derived ones that was not there.
std::optional<Instant> first_change(const Known& known, const std::vector<FoldedSession>& folded,
                                    const std::set<lifecycle::SessionId>& derived) {
    std::optional<Instant> first;
    const auto note = [&](Instant from) { first = std::min(first.value_or(from), from); };
    for (const auto& [id, before] : known)
        if (!derived.contains(id)) note(before.session.facts_from);
    for (const FoldedSession& now : folded) {
        const auto before = known.find(now.session.id);
        if (before == known.end() || before->second.session.loaded_at != now.session.loaded_at)
            note(now.session.facts_from);
    }
    return first;
}

/// Accepted runs that may have gone to an instance of another account.
void note_stray_runs(Work& work, const InstanceName& instance,
                     const std::vector<lifecycle::RecordedFact>& facts) {
    std::optional<Instant> first;
    Instant last;
    for (const lifecycle::RecordedFact& recorded : facts) {
        const auto* runs = std::get_if<lifecycle::Runs>(&recorded.fact.body);
        if (!runs || runs->accepted == 0) continue;
        const Instant at = recorded.fact.occurred_at;
        last = first ? std::max(last, at) : at;
        first = std::min(first.value_or(at), at);
    }
    if (first) note_guest(work, instance, *first, last);
}

}  // namespace

std::vector<lifecycle::RecordedFact> read_recorded(const pqxx::result& rows) {
    std::vector<lifecycle::RecordedFact> facts;
    facts.reserve(rows.size());
    for (const auto& row : rows) {
        facts.push_back({.gateway = lifecycle::GatewayId(row[0].as<std::string>()),
                         .sequence = row[1].as<std::uint64_t>(),
                         .fact = lifecycle::parse_fact(row[2].as<std::string>())});
    }
    return facts;
}

std::vector<FoldedSession> derive_sessions(Work& work, const InstanceName& instance) {
    const auto facts = read_facts(work, instance, std::nullopt);
    const InstanceCompany company = read_company(work, instance, std::nullopt);
    std::vector<FoldedSession> derived;
    for (Session& session : lifecycle::fold(instance.upstream, facts, company.view())) {
        if (is_of_another(work, instance, session)) continue;
        std::string plan = find_plan_in_force(work, instance.account, session.loaded_at);
        derived.push_back({.session = std::move(session), .plan = std::move(plan)});
    }
    return derived;
}

std::vector<FoldedSession> list_sessions(Work& work, const InstanceName& instance) {
    std::vector<FoldedSession> sessions;
    for (auto& [id, folded] : list_known(work, instance, std::nullopt))
        sessions.push_back(std::move(folded));
    return sessions;
}

Refold refold_instance(Work& work, const InstanceName& instance, Instant earliest) {
    hold_instance(work, instance);
    const Reach reach = find_reach(work, instance, earliest);
    const auto facts = read_facts(work, instance, reach.facts_from);
    const InstanceCompany company = read_company(work, instance, reach.facts_from);
    const auto known = list_known(work, instance, reach.sessions_from);
    Refold result;
    std::set<lifecycle::SessionId> derived;
    bool runs_may_be_anothers = company.is_shared && !company.rivals.empty();
    for (Session& session : lifecycle::fold(instance.upstream, facts, company.view())) {
        if (reach.sessions_from && session.facts_from < *reach.sessions_from) continue;
        if (is_of_another(work, instance, session)) {
            start_sharing(work, instance, session);
            runs_may_be_anothers = true;
            continue;
        }
        derived.insert(session.id);
        const auto before = known.find(session.id);
        if (session.facts_from < reach.touched && before != known.end() &&
            before->second.session == session)
            continue;
        std::string plan = find_plan_in_force(work, instance.account, session.loaded_at);
        result.sessions.push_back({.session = std::move(session), .plan = std::move(plan)});
    }
    for (const auto& [id, before] : known) {
        if (derived.contains(id)) continue;
        work.exec_params("DELETE FROM sessions WHERE account_id = $1 AND id = $2",
                         instance.account.text(), id.text());
        if (const auto created = before.session.created) release_instance(work, instance, *created);
        result.withdrawn.push_back(id);
    }
    for (const FoldedSession& folded : result.sessions) {
        write_session(work, instance.account, folded.session, folded.plan);
        if (company.is_shared) stop_sharing(work, instance, folded.session);
        claim_instance(work, instance, folded.session);
    }
    if (runs_may_be_anothers || (company.is_shared && derived.empty()))
        note_stray_runs(work, instance, facts);
    if (const auto from = first_change(known, result.sessions, derived); from && company.is_shared)
        tell_of_openings(work, instance, *from - slack);
    return result;
}

}  // namespace ledger
