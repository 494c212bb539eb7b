#include "ledger/fold_input.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ledger/session_rows.h"
#include "lifecycle/fact_json.h"

namespace ledger {
namespace {

using calendar::Instant;

// $1 of each query: what is wanted, as rows. LATERAL with the order of an index
// keeps the planner to one look into that index for each: it cannot know how few they are, nor how
// the tables have grown.
const std::string with_wanted =
    "WITH wanted AS (SELECT (place - 1)::int AS place, i->>0 AS account_id, i->>1 AS upstream, "
    "i->>2 AS model, (i->>3)::timestamptz AS since "
    "FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS list(i, place)) ";

void add_wanted(nlohmann::json& list, const InstanceName& name, std::optional<Instant> since) {
    nlohmann::json entry = {name.account.text(), name.upstream.text(),
                            to_storable(name.model.text())};
    if (since) entry.push_back(calendar::to_text(*since));
    list.push_back(std::move(entry));
}

std::string wanted_of(const std::vector<FoldInput>& inputs, std::optional<Instant> Reach::*since) {
    nlohmann::json list = nlohmann::json::array();
    for (const FoldInput& input : inputs) add_wanted(list, input.name, input.reach.*since);
    return list.dump();
}

/// Whatever a new fact may be about occurred after it: a gateway's clock is read by all answers of
/// a window, so each of them may move the others.
Instant since_of(const TouchedInstance& instance) {
    return std::min(instance.earliest - reach_slack,
                    lifecycle::clock_window_start(instance.earliest));
}

void read_reaches(Work& work, const std::vector<TouchedInstance>& touched,
                  std::vector<FoldInput>& inputs) {
    nlohmann::json wanted = nlohmann::json::array();
    for (const TouchedInstance& instance : touched)
        add_wanted(wanted, instance.name, since_of(instance));
    const std::string its =
        "s.account_id = w.account_id AND s.upstream = w.upstream AND s.model = w.model ";
    for (const auto& row : work.exec_params(
             with_wanted +
                 "SELECT w.place, touched.at, last.at, before.at, NOT a.passthrough OR EXISTS "
                 "(SELECT FROM instance_sharers i WHERE i.upstream = w.upstream "
                 "AND i.model = w.model) FROM wanted w JOIN accounts a ON a.id = w.account_id "
                 "CROSS JOIN LATERAL (SELECT least(w.since, min(s.facts_from)) AS at "
                 "FROM sessions s WHERE " +
                 its +
                 "AND (s.end_reason IS NULL OR s.facts_until >= w.since)) touched "
                 "CROSS JOIN LATERAL (SELECT max(s.facts_from) AS at FROM sessions s WHERE " +
                 its +
                 "AND s.facts_from < touched.at) last "
                 "CROSS JOIN LATERAL (SELECT max(s.facts_from) AS at FROM sessions s WHERE " +
                 its + "AND s.facts_from < last.at) before",
             wanted.dump())) {
        FoldInput& input = inputs.at(row[0].as<std::size_t>());
        input.reach.touched = read_instant(row[1]);
        input.reach.sessions_from = find_instant(row[2]);
        if (const auto before = find_instant(row[3]))
            input.reach.facts_from = lifecycle::clock_window_start(*before - reach_slack);
        input.is_shared = row[4].as<bool>();
    }
}

const std::string of_nobody =
    "instance_hash(account_id, model) = instance_hash(NULL, w.model) AND model = w.model "
    "AND account_id IS NULL AND upstream IN (w.upstream, '') AND kind <> 'unreadable'";

// By the index on the hash; a hash is no name, and its hour no instant: both are asked for as well.
// Facts of the account's keys from before they had an account have none; facts of the catalogue and
// of the operator have no key.
void read_facts(Work& work, std::vector<FoldInput>& inputs,
                std::optional<std::size_t> at_most = std::nullopt) {
    std::optional<std::size_t> rows_at_most;
    if (at_most) rows_at_most = *at_most + 1;
    for (const auto& row : work.exec_params(
             with_wanted +
                 "SELECT w.place, f.gateway, f.sequence, f.body FROM wanted w CROSS JOIN LATERAL "
                 "((SELECT gateway, sequence, body FROM facts WHERE "
                 "instance_hash(account_id, model) = instance_hash(w.account_id, w.model) "
                 "AND fact_hour(occurred_at) >= fact_hour(coalesce(w.since, '-infinity')) "
                 "AND model = w.model AND account_id = w.account_id AND upstream IN (w.upstream, "
                 "'') "
                 "AND occurred_at >= coalesce(w.since, '-infinity') AND kind <> 'unreadable' LIMIT "
                 "$2) "
                 "UNION ALL "
                 "(SELECT gateway, sequence, body FROM facts WHERE key IS NULL AND " +
                 of_nobody +
                 " AND (w.since IS NULL OR occurred_at >= w.since "
                 "OR kind IN ('catalogue_entry', 'model_set')) LIMIT $2) "
                 "UNION ALL "
                 "(SELECT n.gateway, n.sequence, n.body FROM keys k CROSS JOIN LATERAL (SELECT "
                 "gateway, sequence, body FROM facts WHERE key = k.fingerprint AND " +
                 of_nobody +
                 " AND occurred_at >= coalesce(w.since, '-infinity') OFFSET 0) n "
                 "WHERE k.account_id = w.account_id LIMIT $2)) f",
             wanted_of(inputs, &Reach::facts_from), rows_at_most)) {
        FoldInput& input = inputs.at(row[0].as<std::size_t>());
        input.is_cut = at_most && input.facts.size() == *at_most;
        if (input.is_cut) continue;
        input.facts.push_back({.gateway = lifecycle::GatewayId(row[1].as<std::string>()),
                               .sequence = row[2].as<std::uint64_t>(),
                               .fact = lifecycle::parse_fact(row[3].c_str())});
    }
}

void read_known(Work& work, std::vector<FoldInput>& inputs) {
    for (const auto& row : work.exec_params(
             with_wanted + "SELECT w.place, coalesce(s.plan, ''), " + session_columns +
                 " FROM wanted w CROSS JOIN LATERAL (SELECT * FROM sessions s WHERE "
                 "s.account_id = w.account_id AND s.upstream = w.upstream AND s.model = w.model "
                 "AND s.facts_from >= coalesce(w.since, '-infinity') "
                 "ORDER BY account_id, upstream, model, facts_from) s",
             wanted_of(inputs, &Reach::sessions_from))) {
        FoldedSession folded{.session = read_session(row, 2), .plan = row[1].as<std::string>()};
        lifecycle::SessionId id = folded.session.id;
        inputs.at(row[0].as<std::size_t>()).known.emplace(std::move(id), std::move(folded));
    }
}

}  // namespace

std::vector<FoldInput> read_fold_inputs(Work& work, const std::vector<TouchedInstance>& touched,
                                        std::optional<std::size_t> facts_at_most) {
    std::vector<FoldInput> inputs;
    inputs.reserve(touched.size());
    for (const TouchedInstance& instance : touched) inputs.push_back({.name = instance.name});
    read_reaches(work, touched, inputs);
    read_facts(work, inputs, facts_at_most);
    read_known(work, inputs);
    return inputs;
}

FoldInput read_whole_fold_input(Work& work, const InstanceName& name) {
    std::vector<FoldInput> inputs{{.name = name}};
    read_facts(work, inputs);
    read_known(work, inputs);
    return std::move(inputs.front());
}

FoldInput read_known_sessions(Work& work, const InstanceName& name) {
    std::vector<FoldInput> inputs{{.name = name}};
    read_known(work, inputs);
    return std::move(inputs.front());
}

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

// In the order of the locks, the same everywhere, so that two meters never wait for each other in a
// circle.
void hold_instances(Work& work, const std::vector<TouchedInstance>& touched) {
    nlohmann::json wanted = nlohmann::json::array();
    for (const TouchedInstance& instance : touched) add_wanted(wanted, instance.name, std::nullopt);
    work.exec_params(with_wanted +
                         "SELECT count(pg_advisory_xact_lock(upstream, model)) FROM (SELECT "
                         "DISTINCT hashtext(upstream) AS upstream, hashtext(model) AS model "
                         "FROM wanted ORDER BY 1, 2) locks",
                     wanted.dump());
}

}  // namespace ledger
