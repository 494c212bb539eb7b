#include "ledger/posting.h"

#include "ledger/array_text.h"
#include "ledger/chain_heads.h"
#include "ledger/fact_stream.h"
#include "lifecycle/fact_json.h"

namespace ledger {
namespace {

using lifecycle::KeyFingerprint;

constexpr const char* operator_gateway = "operator";

Attribution attribute(Work& work, const ParsedBatch& batch, const PostingRules& rules) {
    Attribution accounts = find_accounts(work, batch.keys);
    if (!rules.make_accounts) return accounts;
    for (const KeyFingerprint& key : batch.accepted) {
        if (!accounts.contains(key)) {
            accounts.emplace(key, make_passthrough_account(work, key, rules.currency));
        }
    }
    return accounts;
}

// Made ahead by heartbeats; here only for a backlog from long ago or a clock far off.
void make_partitions(Work& work, const std::vector<FactRow>& rows) {
    std::set<std::string> months;
    calendar::Instant known{};  // many rows were recorded in one moment
    for (const FactRow& row : rows) {
        if (!months.empty() && row.recorded_at == known) continue;
        known = row.recorded_at;
        months.insert(calendar::to_text(known).substr(0, 7));
    }
    for (const std::string& month : months) {
        work.exec_params("SELECT make_fact_partition($1::timestamptz)", month + "-01T00:00:00Z");
    }
}

std::set<std::string> ids_of(const Attribution& accounts) {
    std::set<std::string> ids;
    for (const auto& [key, account] : accounts) ids.insert(account.text());
    return ids;
}

// In order, the same everywhere, so that two gateways never wait for each other in a circle. A row
// that says enough already is locked all the same: the meter does not take it before this commits.
// Runs move no money by themselves: their instances are folded every few seconds only, and one that
// is kept warm for weeks, which is folded from its first fact on, every minute.
void mark_pending(Work& work, const std::vector<ConcernedInstance>& touched) {
    if (touched.empty()) return;
    ArrayText accounts, upstreams, models, instants, patience;
    for (const ConcernedInstance& instance : touched) {
        accounts.add(instance.account);
        upstreams.add(instance.upstream);
        models.add(instance.model);
        instants.add(calendar::to_text(instance.earliest));
        patience.add(instance.only_runs ? "t" : "f");
    }
    work.exec_params(
        "INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
        "SELECT account_id, upstream, model, earliest, "
        "CASE WHEN patient THEN now() + greatest(interval '5 seconds', (SELECT CASE WHEN "
        "s.end_reason IS NULL THEN (now() - s.facts_from) / 40000 END FROM sessions s "
        "WHERE s.account_id = list.account_id AND s.upstream = list.upstream "
        "AND s.model = list.model ORDER BY s.facts_from DESC LIMIT 1)) ELSE now() END FROM "
        "unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::boolean[]) "
        "WITH ORDINALITY AS list(account_id, upstream, model, earliest, patient, place) "
        "ORDER BY place "
        "ON CONFLICT (account_id, upstream, model) DO UPDATE SET "
        "earliest = least(pending_instances.earliest, excluded.earliest), "
        "due_at = least(pending_instances.due_at, excluded.due_at) "
        "WHERE pending_instances.earliest > excluded.earliest "
        "OR pending_instances.due_at > excluded.due_at",
        accounts.text(), upstreams.text(), models.text(), instants.text(), patience.text());
}

// What is learned of a model's GB: kept for listing, and its unpriced sessions are folded again.
void learn_model(Work& work, const std::string& upstream, const lifecycle::ModelName& model,
                 const std::optional<std::string>& gb, const char* source,
                 calendar::Instant since) {
    const std::string name = to_storable(model.text());
    work.exec_params(
        "INSERT INTO models (upstream, model, gb, source, since) VALUES ($1, $2, "
        "CASE WHEN $3::numeric > 0 AND $3::numeric < 1000000000 THEN $3::numeric END, $4, $5) "
        "ON CONFLICT (upstream, model) DO UPDATE SET gb = excluded.gb, source = excluded.source, "
        "since = excluded.since WHERE models.since <= excluded.since",
        upstream, name, gb, source, calendar::to_text(since));
    work.exec_params(
        "INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
        "SELECT account_id, upstream, model, min(facts_from), now() FROM sessions "
        "WHERE model = $1 AND gb IS NULL AND ($2 = '' OR upstream = $2) "
        "GROUP BY account_id, upstream, model ORDER BY 1, 2, 3 "
        "ON CONFLICT (account_id, upstream, model) DO UPDATE SET "
        "earliest = least(pending_instances.earliest, excluded.earliest), due_at = now()",
        name, upstream);
}

// A JSON number of at most 40 characters and a two-digit exponent: whatever an upstream prints, the
// batch that holds it can be stored. What is outside metering.md's range becomes null in SQL.
std::optional<std::string> storable_gb(const std::optional<std::string>& gb) {
    if (!gb || gb->size() > 40) return std::nullopt;
    std::string_view rest = *gb;
    const auto take_digits = [&rest] {
        const std::size_t count = std::min(rest.find_first_not_of("0123456789"), rest.size());
        rest.remove_prefix(count);
        return count;
    };
    if (take_digits() == 0) return std::nullopt;
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        if (take_digits() == 0) return std::nullopt;
    }
    if (rest.starts_with('e') || rest.starts_with('E')) {
        rest.remove_prefix(1);
        if (rest.starts_with('+') || rest.starts_with('-')) rest.remove_prefix(1);
        const std::size_t digits = take_digits();
        if (digits == 0 || digits > 2) return std::nullopt;
    }
    if (!rest.empty()) return std::nullopt;
    return gb;
}

struct Learned {
    lifecycle::ModelName model;
    std::optional<std::string> gb;
    std::string upstream;
    const char* source;
    calendar::Instant since;
};

// These are rare: their text is read again.
std::string upstream_of(const FactRow& start) {
    const auto fact = lifecycle::parse_fact(start.body);
    return to_storable(std::get<lifecycle::GatewayStarted>(fact.body).upstream.text());
}

Learned learn(const FactRow& row, const std::string& upstream) {
    const auto fact = lifecycle::parse_fact(row.body);
    if (const auto* entry = std::get_if<lifecycle::CatalogueEntry>(&fact.body))
        return {entry->model, entry->gb, upstream, "catalogue", row.occurred_at};
    const auto& set = std::get<lifecycle::ModelSet>(fact.body);
    return {set.model, set.gb, upstream, "operator", row.occurred_at};
}

}  // namespace

Posting post_batch(Work& work, const lifecycle::GatewayId& gateway, ParsedBatch batch,
                   const PostingRules& rules) {
    const pqxx::result moved = work.exec_params(
        "UPDATE gateways SET sequence = $2, heartbeat_at = now() WHERE id = $1 AND sequence = $3 "
        "RETURNING upstream",
        gateway.text(), batch.last, batch.first - 1);
    if (moved.empty()) {
        const pqxx::result mark =
            work.exec_params("SELECT sequence FROM gateways WHERE id = $1", gateway.text());
        const bool is_past = !mark.empty() && mark[0][0].as<std::uint64_t>() >= batch.last;
        return is_past ? Posting::already_posted : Posting::gap;
    }
    std::string upstream = moved[0][0].as<std::string>();
    const Attribution accounts = attribute(work, batch, rules);
    const calendar::Instant recorded_at = batch.recorded_at;
    const auto rows = fold_runs(std::move(batch),
                                [&](const KeyFingerprint& key) { return accounts.contains(key); });
    make_partitions(work, rows);
    std::vector<Learned> learned;
    ChainHeads heads(work, gateway.text(), ids_of(accounts));
    FactStream stream(work, gateway.text(), heads);
    for (const FactRow& row : rows) {
        if (row.subject == Subject::gateway) upstream = upstream_of(row);
        if (row.subject == Subject::model) learned.push_back(learn(row, upstream));
        const auto account = accounts.find(row.key);
        stream.write(row, account == accounts.end() ? nullptr : &account->second, upstream);
    }
    stream.finish();
    heads.write(work);
    if (!learned.empty()) change_rules(work);
    for (const Learned& entry : learned) {
        learn_model(work, entry.upstream, entry.model, storable_gb(entry.gb), entry.source,
                    entry.since);
    }
    mark_pending(work, stream.touched());
    work.exec_params(
        "UPDATE gateways SET upstream = $2, shipped_through = greatest(shipped_through, $3) "
        "WHERE id = $1",
        gateway.text(), upstream, calendar::to_text(recorded_at));
    return Posting::posted;
}

void post_operator_fact(Work& work, const std::string& upstream, const lifecycle::Fact& fact,
                        calendar::Instant now) {
    const std::string id = operator_gateway;
    work.exec_params(
        "INSERT INTO gateways (id, retired_at) VALUES ($1, now()) ON CONFLICT DO NOTHING", id);
    journal::SealedBatch batch;
    batch.first = work.exec_params1(
                          "UPDATE gateways SET upstream = $2 WHERE id = $1 "
                          "RETURNING sequence + 1",
                          id, to_storable(upstream))[0]
                      .as<std::uint64_t>();
    batch.last = batch.first;
    batch.records.push_back({batch.first, now, lifecycle::to_json(fact)});
    if (post_batch(work, lifecycle::GatewayId(id), parse_batch(std::move(batch)), {}) !=
        Posting::posted) {
        throw std::runtime_error("the operator's facts are out of order");
    }
}

}  // namespace ledger
