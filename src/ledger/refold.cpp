#include "ledger/refold.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "ledger/company.h"
#include "ledger/fact_rows.h"
#include "ledger/plan_lookup.h"
#include "ledger/session_rows.h"
#include "lifecycle/fold.h"

namespace ledger {
namespace {

using calendar::Instant;
using lifecycle::AccountId;
using lifecycle::Session;
using lifecycle::SessionId;

bool is_before_reach(const FoldInput& input, const Session& session) {
    return input.reach.sessions_from && session.facts_from < *input.reach.sessions_from;
}

bool is_as_known(const FoldInput& input, const Session& session) {
    if (session.facts_from >= input.reach.touched) return false;
    const auto before = input.known.find(session.id);
    return before != input.known.end() && before->second.session == session;
}

/// When others may have to do with the instance: one that was found had been there before. On the
/// gateways' clock, as near as is known.
Instant beginning_of(const Session& session) {
    return std::min(session.facts_from, session.loaded_at - session.clock.shift);
}

/// What others' folds go by.
bool looks_the_same(const Session& before, const Session& now) {
    return before.loaded_at == now.loaded_at && before.created == now.created &&
           (now.created || before.ended_at == now.ended_at);
}

/// The first of the known sessions that is not there any more, or looks otherwise to others, or of
/// the derived ones that was not there.
std::optional<Instant> first_change(const std::map<SessionId, FoldedSession>& known,
                                    const std::vector<FoldedSession>& folded,
                                    const std::set<SessionId>& derived) {
    std::optional<Instant> first;
    const auto note = [&](const Session& session) {
        const Instant from = beginning_of(session);
        first = std::min(first.value_or(from), from);
    };
    for (const auto& [id, before] : known)
        if (!derived.contains(id)) note(before.session);
    for (const FoldedSession& now : folded) {
        const auto before = known.find(now.session.id);
        const bool is_new = before == known.end();
        if (!is_new && looks_the_same(before->second.session, now.session)) continue;
        note(now.session);
        if (!is_new) note(before->second.session);
    }
    return first;
}

/// When it began to say something of an instance that is perhaps another account's. Accepted runs
/// may have gone to it; what was seen may be what a load began whose account never saw it.
std::optional<Instant> stray_from(const lifecycle::Fact& fact, const InstanceCompany& company) {
    if (const auto* runs = std::get_if<lifecycle::Runs>(&fact.body))
        return runs->accepted > 0 ? std::optional(earliest_of(*runs, fact.occurred_at))
                                  : std::nullopt;
    const auto* seen = std::get_if<lifecycle::InstanceSeen>(&fact.body);
    if (!seen ||
        !std::ranges::any_of(company.rivals, [](const auto& rival) { return !!rival.sent_at; }))
        return std::nullopt;
    return fact.occurred_at;
}

void note_stray_facts(Work& work, const InstanceName& instance, const InstanceCompany& company,
                      const std::vector<lifecycle::RecordedFact>& facts) {
    std::optional<Instant> first;
    Instant last;
    for (const lifecycle::RecordedFact& recorded : facts) {
        const auto stray = stray_from(recorded.fact, company);
        if (!stray) continue;
        const Instant at = recorded.fact.occurred_at;
        const Instant from = *stray;
        last = first ? std::max(last, at) : at;
        first = std::min(first.value_or(from), from);
    }
    if (first) note_guest(work, instance, *first, last);
}

/// The fold of an instance that is nobody else's business.
struct LoneFold {
    std::vector<Session> sessions;  // to be written
    bool is_left = false;           // not for many at once
};

LoneFold fold_alone(const FoldInput& input) {
    LoneFold result;
    if (input.is_shared || input.is_cut) {
        result.is_left = true;
        return result;
    }
    std::size_t found_again = 0;
    for (Session& session : lifecycle::fold(input.name.upstream, input.facts)) {
        if (is_before_reach(input, session)) continue;
        if (input.known.contains(session.id)) ++found_again;
        if (!is_as_known(input, session)) result.sessions.push_back(std::move(session));
    }
    result.is_left = found_again < input.known.size();
    return result;
}

/// Leaves those of which another account has, or is about to have, a session with the same
/// `created`.
void leave_known_to_others(Work& work, const std::vector<FoldInput>& inputs,
                           std::vector<LoneFold>& folds) {
    std::map<std::tuple<std::string, std::string, Instant>, std::size_t> first_of;
    nlohmann::json seen = nlohmann::json::array();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const InstanceName& name = inputs[i].name;
        for (const Session& session : folds[i].sessions) {
            if (!session.created) continue;
            const auto [first, is_new] = first_of.try_emplace(
                {name.upstream.text(), name.model.text(), *session.created}, i);
            if (!is_new && first->second != i)
                folds[i].is_left = folds[first->second].is_left = true;
            seen.push_back({i, name.account.text(), name.upstream.text(),
                            to_storable(name.model.text()), calendar::to_text(*session.created)});
        }
    }
    for (const auto& row : work.exec_params(
             "SELECT i->>0 FROM jsonb_array_elements($1::jsonb) AS list(i), LATERAL "
             "(SELECT FROM sessions s WHERE s.upstream = i->>2 AND s.model = i->>3 "
             "AND s.created = (i->>4)::timestamptz AND s.account_id <> i->>1 LIMIT 1) other",
             seen.dump())) {
        folds[row[0].as<std::size_t>()].is_left = true;
    }
}

std::set<AccountId> accounts_of(const std::vector<FoldInput>& inputs) {
    std::set<AccountId> accounts;
    for (const FoldInput& input : inputs) accounts.insert(input.name.account);
    return accounts;
}

void note_runs_before(const FoldInput& input, const SessionId& session, Refold& refold) {
    const auto before = input.known.find(session);
    if (before != input.known.end()) refold.runs_before[session] = before->second.session.runs;
}

Refold to_refold(const FoldInput& input, std::vector<Session> sessions, const PlansInForce& plans) {
    const AccountId& account = input.name.account;
    Refold refold{.account = account, .sessions = {}, .withdrawn = {}};
    for (Session& session : sessions) {
        note_runs_before(input, session.id, refold);
        std::string plan = plans.find(account, session.loaded_at);
        refold.sessions.push_back({.session = std::move(session), .plan = std::move(plan)});
    }
    return refold;
}

void write_sessions(Work& work, const std::vector<Refold>& refolds,
                    const std::vector<const FoldInput*>& inputs) {
    std::vector<NewSession> added;
    for (std::size_t i = 0; i < refolds.size(); ++i) {
        for (const FoldedSession& folded : refolds[i].sessions) {
            if (inputs[i]->known.contains(folded.session.id)) {
                write_session(work, refolds[i].account, folded.session, folded.plan);
            } else {
                added.push_back({refolds[i].account, folded.session, folded.plan});
            }
        }
    }
    copy_sessions(work, added);
}

}  // namespace

std::vector<FoldedSession> derive_sessions(Work& work, const InstanceName& instance) {
    const FoldInput input = read_whole_fold_input(work, instance);
    const InstanceCompany company = read_company(work, instance, std::nullopt);
    const PlansInForce plans(work, {instance.account});
    std::vector<FoldedSession> derived;
    for (Session& session : lifecycle::fold(instance.upstream, input.facts, company.view())) {
        if (is_of_another(work, instance, session)) continue;
        std::string plan = plans.find(instance.account, session.loaded_at);
        derived.push_back({.session = std::move(session), .plan = std::move(plan)});
    }
    return derived;
}

std::vector<FoldedSession> list_sessions(Work& work, const InstanceName& instance) {
    std::vector<FoldedSession> sessions;
    FoldInput input = read_known_sessions(work, instance);
    for (auto& [id, folded] : input.known) sessions.push_back(std::move(folded));
    return sessions;
}

Refold refold_instance(Work& work, const FoldInput& input) {
    const InstanceName& instance = input.name;
    const InstanceCompany company = read_company(work, instance, input.reach.facts_from);
    const PlansInForce plans(work, {instance.account});
    Refold result{.account = instance.account, .sessions = {}, .withdrawn = {}};
    std::set<SessionId> derived;
    bool runs_may_be_anothers = company.is_shared && !company.rivals.empty();
    for (Session& session : lifecycle::fold(instance.upstream, input.facts, company.view())) {
        if (is_before_reach(input, session)) continue;
        if (is_of_another(work, instance, session)) {
            start_sharing(work, instance, session);
            runs_may_be_anothers = true;
            continue;
        }
        derived.insert(session.id);
        if (is_as_known(input, session)) continue;
        note_runs_before(input, session.id, result);
        std::string plan = plans.find(instance.account, session.loaded_at);
        result.sessions.push_back({.session = std::move(session), .plan = std::move(plan)});
    }
    for (const auto& [id, before] : input.known) {
        if (derived.contains(id)) continue;
        work.exec_params("DELETE FROM sessions WHERE account_id = $1 AND id = $2",
                         instance.account.text(), id.text());
        if (const auto created = before.session.created) release_instance(work, instance, *created);
        note_runs_before(input, id, result);
        result.withdrawn.push_back(id);
    }
    for (const FoldedSession& folded : result.sessions) {
        write_session(work, instance.account, folded.session, folded.plan);
        if (company.is_shared) stop_sharing(work, instance, folded.session);
        claim_instance(work, instance, folded.session);
    }
    if (runs_may_be_anothers || (company.is_shared && derived.empty()))
        note_stray_facts(work, instance, company, input.facts);
    if (const auto from = first_change(input.known, result.sessions, derived);
        from && company.is_shared)
        tell_of_openings(work, instance, *from - reach_slack);
    return result;
}

Refolds refold_together(Work& work, const std::vector<FoldInput>& inputs) {
    std::vector<LoneFold> folds;
    for (const FoldInput& input : inputs) folds.push_back(fold_alone(input));
    leave_known_to_others(work, inputs, folds);
    const PlansInForce plans(work, accounts_of(inputs));
    Refolds result;
    std::vector<const FoldInput*> inputs_of_done;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (folds[i].is_left) {
            result.left.push_back(i);
            continue;
        }
        result.done.push_back(to_refold(inputs[i], std::move(folds[i].sessions), plans));
        inputs_of_done.push_back(&inputs[i]);
    }
    write_sessions(work, result.done, inputs_of_done);
    return result;
}

}  // namespace ledger
