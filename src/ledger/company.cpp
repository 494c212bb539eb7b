#include "ledger/company.h"

namespace ledger {
namespace {

using calendar::Instant;
using lifecycle::Session;

// Accounts that share the credential of account $1 for upstream $2 and model $3.
const std::string partners =
    "(SELECT o.id FROM accounts o, accounts me WHERE me.id = $1 AND o.id <> $1 "
    "AND NOT o.passthrough AND NOT me.passthrough "
    "UNION SELECT s.account_id FROM instance_sharers i JOIN sessions s ON s.upstream = i.upstream "
    "AND s.model = i.model AND s.created = i.created WHERE i.account_id = $1 AND i.upstream = $2 "
    "AND i.model = $3 AND s.account_id <> $1 "
    "UNION SELECT i.account_id FROM instance_sharers i JOIN sessions s ON s.upstream = i.upstream "
    "AND s.model = i.model AND s.created = i.created WHERE s.account_id = $1 AND i.upstream = $2 "
    "AND i.model = $3 AND i.account_id <> $1)";

const std::string mark_again =
    "ON CONFLICT (account_id, upstream, model) DO UPDATE SET "
    "earliest = least(pending_instances.earliest, excluded.earliest), due_at = now()";

// A session's claim: read_claim reads it.
const std::string claim_columns = "discovered, created, loaded_at, facts_from";

lifecycle::Claim read_claim(const pqxx::row& row, pqxx::row::size_type first) {
    return lifecycle::make_claim(row[first].as<bool>(), find_instant(row[first + 1]),
                                 read_instant(row[first + 2]), read_instant(row[first + 3]));
}

std::vector<lifecycle::RecordedFact> read_guests(Work& work, const InstanceName& instance,
                                                 std::optional<Instant> from) {
    return read_recorded(
        work.exec_params("SELECT gateway, sequence, body FROM facts WHERE " + are_guest_runs,
                         instance.account.text(), instance.upstream.text(),
                         to_storable(instance.model.text()), to_parameter(from)));
}

/// Of a session whose account loaded it and never saw its instance: what others found may be it.
void add_load(Work& work, const InstanceName& instance, const pqxx::row& row,
              RivalSession& session) {
    const auto facts = read_recorded(work.exec_params(
        "SELECT gateway, sequence, body FROM facts WHERE "
        "instance_hash(account_id, model) = instance_hash($1, $3) AND "
        "fact_hour(occurred_at) BETWEEN fact_hour($4) AND fact_hour($5) AND account_id = $1 AND "
        "upstream = $2 AND model = $3 AND kind = 'load_answered' AND "
        "occurred_at BETWEEN $4 AND $5",
        session.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        row["facts_from"].c_str(), row["facts_until"].c_str()));
    session.rival.sent_at =
        lifecycle::find_sent_at(lifecycle::SessionId(row["id"].as<std::string>()),
                                {row["clock_shift_micros"].as<std::int64_t>()}, facts);
    session.rival.ended_at = find_instant(row["ended_at"]);
}

/// Whether two share a credential holds for all time: what each had before is looked at anew.
void fold_company_again(Work& work, const InstanceName& instance) {
    work.exec_params(
        "INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
        "SELECT account_id, upstream, model, min(facts_from), now() FROM sessions "
        "WHERE upstream = $2 AND model = $3 AND (account_id = $1 OR account_id IN " +
            partners + ") GROUP BY account_id, upstream, model ORDER BY 1, 2, 3 " + mark_again,
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()));
}

}  // namespace

const std::string are_guest_runs =
    "instance_hash(account_id, model) = ANY(ARRAY(SELECT instance_hash(account_id, model) "
    "FROM instance_guests WHERE upstream = $2 AND model = $3)) AND model = $3 AND upstream = $2 "
    "AND kind = 'runs' AND ($4::timestamptz IS NULL OR "
    "occurred_at >= $4) AND account_id IN (SELECT account_id FROM instance_guests WHERE "
    "upstream = $2 AND model = $3 AND account_id <> $1 AND account_id IN " +
    partners + ")";

std::vector<RivalSession> list_rivals(Work& work, const InstanceName& instance,
                                      std::optional<Instant> from) {
    std::vector<RivalSession> rivals;
    for (const auto& row :
         work.exec_params("SELECT account_id, " + claim_columns +
                              ", facts_until, id, ended_at, clock_shift_micros FROM sessions "
                              "WHERE upstream = $2 AND model = $3 AND account_id <> $1 AND "
                              "($4::timestamptz IS NULL OR facts_until >= $4) AND account_id IN " +
                              partners + " ORDER BY account_id, id",
                          instance.account.text(), instance.upstream.text(),
                          to_storable(instance.model.text()), to_parameter(from))) {
        rivals.push_back(
            {.account = lifecycle::AccountId(row[0].as<std::string>()),
             .rival = {.loaded_at = read_instant(row[3]), .created = find_instant(row[2])},
             .claim = read_claim(row, 1)});
        RivalSession& added = rivals.back();
        if (!added.rival.created && !added.claim.discovered) add_load(work, instance, row, added);
    }
    return rivals;
}

InstanceCompany read_company(Work& work, const InstanceName& instance,
                             std::optional<Instant> from) {
    const pqxx::row known = work.exec_params1(
        "SELECT NOT passthrough OR EXISTS (SELECT FROM instance_sharers WHERE upstream = $2 AND "
        "model = $3), EXISTS (SELECT FROM instance_guests WHERE upstream = $2 AND model = $3 "
        "AND account_id <> $1) FROM accounts WHERE id = $1",
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()));
    InstanceCompany company;
    company.is_shared = known[0].as<bool>();
    if (!company.is_shared) return company;
    for (const RivalSession& rival : list_rivals(work, instance, from))
        company.rivals.push_back(rival.rival);
    if (known[1].as<bool>()) company.guests = read_guests(work, instance, from);
    return company;
}

bool is_of_another(Work& work, const InstanceName& instance, const Session& session) {
    if (!session.created) return false;
    for (const auto& row : work.exec_params(
             "SELECT account_id, " + claim_columns +
                 " FROM sessions WHERE upstream = $2 AND model = $3 AND created = $4 "
                 "AND account_id <> $1",
             instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
             calendar::to_text(*session.created))) {
        const auto lesser = row[0].as<std::string>() < instance.account.text()
                                ? lifecycle::LesserAccount::theirs
                                : lifecycle::LesserAccount::ours;
        if (is_theirs(read_claim(row, 1), lifecycle::claim_of(session), lesser)) return true;
    }
    return false;
}

void start_sharing(Work& work, const InstanceName& instance, const Session& session) {
    const pqxx::result added = work.exec_params(
        "INSERT INTO instance_sharers (account_id, upstream, model, created, key) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING 1",
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        calendar::to_text(session.created.value()), to_storable(session.key.text()));
    if (!added.empty()) fold_company_again(work, instance);
}

void stop_sharing(Work& work, const InstanceName& instance, const Session& session) {
    if (!session.created) return;
    const std::string of_session =
        "instance_sharers WHERE account_id = $1 AND upstream = $2 AND model = $3 AND created = $4";
    const auto with_session = [&](const std::string& statement) {
        return work.exec_params(statement, instance.account.text(), instance.upstream.text(),
                                to_storable(instance.model.text()),
                                calendar::to_text(*session.created));
    };
    if (with_session("SELECT FROM " + of_session).empty()) return;
    fold_company_again(work, instance);
    with_session("DELETE FROM " + of_session);
}

void claim_instance(Work& work, const InstanceName& instance, const Session& session) {
    if (!session.created) return;
    // They find this session before theirs when they are folded.
    work.exec_params(
        "INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
        "SELECT account_id, upstream, model, min(facts_from), now() FROM sessions "
        "WHERE upstream = $2 AND model = $3 AND created = $4 AND account_id <> $1 "
        "GROUP BY account_id, upstream, model ORDER BY 1, 2, 3 " +
            mark_again,
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        calendar::to_text(*session.created));
}

void release_instance(Work& work, const InstanceName& instance, Instant created) {
    work.exec_params(
        "INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
        "SELECT f.account_id, f.upstream, f.model, min(f.occurred_at), now() FROM facts f "
        "JOIN instance_sharers i ON "
        "instance_hash(i.account_id, i.model) = instance_hash(f.account_id, f.model) "
        "AND i.account_id = f.account_id AND i.upstream = f.upstream "
        "AND i.model = f.model WHERE i.upstream = $2 AND i.model = $3 AND i.created = $4 "
        "AND i.account_id <> $1 GROUP BY f.account_id, f.upstream, f.model ORDER BY 1, 2, 3 " +
            mark_again,
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        calendar::to_text(created));
}

void note_guest(Work& work, const InstanceName& instance, Instant from, Instant until) {
    const pqxx::result changed = work.exec_params(
        "INSERT INTO instance_guests AS g (account_id, upstream, model, facts_from, facts_until) "
        "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (upstream, model, account_id) DO UPDATE SET "
        "facts_from = least(g.facts_from, excluded.facts_from), "
        "facts_until = greatest(g.facts_until, excluded.facts_until) "
        "WHERE g.facts_from > excluded.facts_from OR g.facts_until < excluded.facts_until "
        "RETURNING 1",
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        calendar::to_text(from), calendar::to_text(until));
    if (!changed.empty()) tell_of_openings(work, instance, from);
}

void tell_of_openings(Work& work, const InstanceName& instance, Instant from) {
    work.exec_params(
        "INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
        "SELECT account_id, $2::text, $3::text, $4::timestamptz, now() FROM (SELECT account_id "
        "FROM sessions WHERE upstream = $2 AND model = $3 AND (end_reason IS NULL "
        "OR facts_until >= $4) UNION SELECT account_id FROM instance_guests WHERE upstream = $2 "
        "AND model = $3 AND facts_until >= $4) others WHERE account_id <> $1 AND account_id IN " +
            partners + " ORDER BY 1 " + mark_again,
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        calendar::to_text(from));
}

}  // namespace ledger
