#include "ledger/refold.h"

#include <set>

#include "ledger/plan_lookup.h"
#include "ledger/session_rows.h"
#include "lifecycle/fact_json.h"
#include "lifecycle/fold.h"

namespace ledger {
namespace {

using calendar::Duration;
using calendar::Instant;
using lifecycle::Session;

// Gateways and upstreams differ by their clocks, and facts of one event by the time it takes.
constexpr Duration slack = Duration::seconds(600);

/// How far back a fold goes. Sessions that end before the new facts are final; the one before the
/// first that is not is derived along with it, so that the tail of its facts is not taken for a
/// session of its own, but is not written.
struct Reach {
    std::optional<Instant> facts_from;  // absent: all of them
    Instant sessions_from;
};

Reach find_reach(Work& work, const InstanceName& instance, Instant earliest) {
    const Instant threshold = earliest - slack;
    const pqxx::row first = work.exec_params1(
        "SELECT min(loaded_at) FROM sessions WHERE account_id = $1 AND upstream = $2 AND "
        "model = $3 AND (end_reason IS NULL OR loaded_at >= $4 OR "
        "coalesce(ended_at, expires_at, loaded_at) >= $4)",
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        calendar::to_text(threshold));
    Reach reach{.facts_from = std::nullopt, .sessions_from = threshold};
    if (const auto loaded = find_instant(first[0])) {
        reach.sessions_from = std::min(threshold, *loaded);
    }
    const pqxx::row before = work.exec_params1(
        "SELECT max(loaded_at) FROM sessions WHERE account_id = $1 AND upstream = $2 AND "
        "model = $3 AND loaded_at < $4",
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        calendar::to_text(reach.sessions_from));
    if (const auto loaded = find_instant(before[0])) reach.facts_from = *loaded - slack;
    return reach;
}

// Facts of the account's keys from before they had an account have none; facts of the catalogue and
// of the operator have no key.
std::vector<lifecycle::RecordedFact> read_facts(Work& work, const InstanceName& instance,
                                                std::optional<Instant> from) {
    const pqxx::result rows = work.exec_params(
        "SELECT gateway, sequence, body FROM facts WHERE model = $1 AND upstream IN ($2, '') "
        "AND (account_id = $3 OR (account_id IS NULL AND (key IS NULL OR key IN "
        "(SELECT fingerprint FROM keys WHERE account_id = $3)))) "
        "AND ($4::timestamptz IS NULL OR occurred_at >= $4 "
        "OR kind IN ('catalogue_entry', 'model_set')) AND kind <> 'unreadable'",
        to_storable(instance.model.text()), instance.upstream.text(), instance.account.text(),
        to_parameter(from));
    std::vector<lifecycle::RecordedFact> facts;
    facts.reserve(rows.size());
    for (const auto& row : rows) {
        facts.push_back({.gateway = lifecycle::GatewayId(row[0].as<std::string>()),
                         .sequence = row[1].as<std::uint64_t>(),
                         .fact = lifecycle::parse_fact(row[2].as<std::string>())});
    }
    return facts;
}

std::vector<lifecycle::SessionId> list_known(Work& work, const InstanceName& instance,
                                             Instant from) {
    std::vector<lifecycle::SessionId> known;
    for (const auto& row : work.exec_params(
             "SELECT id FROM sessions WHERE account_id = $1 AND upstream = $2 AND model = $3 AND "
             "loaded_at >= $4",
             instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
             calendar::to_text(from))) {
        known.emplace_back(row[0].as<std::string>());
    }
    return known;
}

/// Two gateways' meters may fold what two accounts saw of one instance: one after the other.
void hold_instance(Work& work, const InstanceName& instance) {
    work.exec_params("SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))",
                     instance.upstream.text(), to_storable(instance.model.text()));
}

/// An instance is one session whichever account's key reports it (api-semantics.md, "Session"): its
/// loader's; if nobody loaded it through a gateway, whose key reported it first.
bool is_of_another(Work& work, const InstanceName& instance, const Session& session) {
    if (!session.discovered || !session.created) return false;
    return !work.exec_params(
                    "SELECT FROM sessions WHERE upstream = $1 AND model = $2 AND created = $3 AND "
                    "account_id <> $4 LIMIT 1",
                    instance.upstream.text(), to_storable(instance.model.text()),
                    calendar::to_text(*session.created), instance.account.text())
                .empty();
}

/// Those who were taken to have it, before its load was known, are folded again.
void claim_instance(Work& work, const InstanceName& instance, const Session& session) {
    if (session.discovered || !session.created) return;
    work.exec_params(
        "INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
        "SELECT account_id, upstream, model, min(loaded_at), now() FROM sessions "
        "WHERE upstream = $1 AND model = $2 AND created = $3 AND account_id <> $4 AND discovered "
        "GROUP BY account_id, upstream, model ORDER BY 1, 2, 3 "
        "ON CONFLICT (account_id, upstream, model) DO UPDATE SET "
        "earliest = least(pending_instances.earliest, excluded.earliest), due_at = now()",
        instance.upstream.text(), to_storable(instance.model.text()),
        calendar::to_text(*session.created), instance.account.text());
}

}  // namespace

Refold refold_instance(Work& work, const InstanceName& instance, Instant earliest) {
    hold_instance(work, instance);
    const Reach reach = find_reach(work, instance, earliest);
    const auto facts = read_facts(work, instance, reach.facts_from);
    Refold result;
    std::set<lifecycle::SessionId> derived;
    for (Session& session : lifecycle::fold(instance.upstream, facts)) {
        if (session.loaded_at < reach.sessions_from) continue;
        if (is_of_another(work, instance, session)) continue;
        derived.insert(session.id);
        std::string plan = find_plan_in_force(work, instance.account, session.loaded_at);
        result.sessions.push_back({.session = std::move(session), .plan = std::move(plan)});
    }
    for (lifecycle::SessionId& id : list_known(work, instance, reach.sessions_from)) {
        if (derived.contains(id)) continue;
        work.exec_params("DELETE FROM sessions WHERE account_id = $1 AND id = $2",
                         instance.account.text(), id.text());
        result.withdrawn.push_back(std::move(id));
    }
    for (const FoldedSession& folded : result.sessions) {
        write_session(work, instance.account, folded.session, folded.plan);
        claim_instance(work, instance, folded.session);
    }
    return result;
}

}  // namespace ledger
