#include "ledger/account_export.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "invoicing/document.h"
#include "ledger/chain_heads.h"
#include "ledger/company.h"
#include "ledger/export_books.h"
#include "ledger/invoices.h"
#include "ledger/row_stream.h"
#include "lifecycle/fact_json.h"
#include "platform/crypto.h"
#include "proof/export_check.h"

namespace ledger {
namespace {

using calendar::Duration;
using calendar::Instant;
using proof::AccountExport;
using proof::ExportedFact;

// Clocks of gateways may differ by so much, and a gateway's clock is measured by whole windows.
constexpr Duration slack = Duration::seconds(600) + lifecycle::clock_window;

// Facts are recorded as they occur; months of facts that lie further off are not looked at. Where a
// clock was wrong by more, the narrow export does not agree, and the whole one is made.
constexpr Duration most_delay = Duration::seconds(24 * 3600);

/// How much of the chains is told.
enum class Extent {
    needed,  // around the month's sessions
    whole,   // from their start to their end: where a part of them would not say the same
};

ExportedFact read_fact(const pqxx::row& row) {
    return {.gateway = row[0].as<std::string>(),
            .sequence = row[1].as<std::uint64_t>(),
            .upstream = row[2].as<std::string>(),
            .kind = row[3].as<std::string>(),
            .key = row[4].as<std::string>(),
            .model = row[5].as<std::string>(),
            .occurred_at = read_instant(row[6]),
            .recorded_at = read_instant(row[7]),
            .body = row[8].as<std::string>()};
}

const std::string select_facts =
    "SELECT gateway, sequence, upstream, kind, coalesce(key, ''), coalesce(model, ''), "
    "occurred_at, recorded_at, body, chain FROM facts WHERE ";
const std::string in_order = " ORDER BY gateway COLLATE \"C\", sequence";

/// What it rests on but nobody else's bytes.
ExportedFact without_bytes(ExportedFact fact) {
    lifecycle::Fact parsed = lifecycle::parse_fact(fact.body);
    if (auto* runs = std::get_if<lifecycle::Runs>(&parsed.body)) {
        runs->request_bytes = runs->response_bytes = runs->disconnected = 0;
        fact.body = lifecycle::to_json(parsed);
    }
    return fact;
}

class Reading {
  public:
    Reading(Work& work, const ExportRequest& request, Extent extent)
        : work_(work), request_(request), id_(request.account.id.text()), extent_(extent) {
        const calendar::Zone zone = get_zone(request.account.timezone);
        start_ = zone.start_of(request.month);
        end_ = zone.start_of(request.month.next());
    }

    AccountExport run() {
        result_.made_at = request_.made_at;
        result_.month = to_text(request_.month);
        result_.account = {.id = request_.account.id,
                           .name = request_.account.name,
                           .timezone = request_.account.timezone,
                           .currency = request_.account.currency,
                           .passthrough = request_.account.passthrough};
        read_export_books(work_, request_, result_);
        for (const auto& [session, plan] : result_.sessions)
            instances_.insert({session.upstream.text(), session.model.text()});
        std::optional<Instant> issued_at;  // the latest
        for (const auto& [number, document] : result_.invoices) {
            const auto invoice = invoicing::parse_invoice(document);
            for (const auto& head : invoice.chain_heads)
                heads_[head.gateway].insert(head.last_sequence);
            if (invoice.issued_at)
                issued_at = std::max(issued_at.value_or(*invoice.issued_at), *invoice.issued_at);
        }
        if (extent_ == Extent::needed) find_span(issued_at);
        read_stretches();
        read_rules();
        read_company();
        if (request_.checkpoints_of) find_checkpoint();
        return std::move(result_);
    }

  private:
    using Name = std::pair<std::string, std::string>;  // upstream, model

    /// The month, and the lives of its sessions: from the last but one before the earliest, as a
    /// fold of new facts begins (refold.cpp), to the one after the latest, which may have ended it.
    void find_span(std::optional<Instant> issued_at) {
        Instant from = start_;
        Instant until = end_;
        std::map<Name, std::pair<Instant, Instant>> lives;
        for (const auto& [session, plan] : result_.sessions) {
            const Name name{session.upstream.text(), session.model.text()};
            auto& [first, last] =
                lives.try_emplace(name, session.facts_from, session.facts_from).first->second;
            first = std::min(first, session.facts_from);
            last = std::max(last, session.facts_from);
            until = std::max(until, session.facts_until);
        }
        for (const auto& [name, life] : lives) {
            const auto [before, after] = find_neighbours(name, life);
            from = std::min(from, before.value_or(life.first));
            until = std::max(until, after.value_or(until));
        }
        from_ = lifecycle::clock_window_start(from - slack);
        until_ = until + slack;
        recorded_from_ = *from_ - most_delay;
        recorded_until_ = std::max(*until_, issued_at.value_or(*until_)) + most_delay;
    }

    std::pair<std::optional<Instant>, std::optional<Instant>> find_neighbours(
        const Name& name, const std::pair<Instant, Instant>& life) {
        const pqxx::row row = work_.exec_params1(
            "SELECT (SELECT min(facts_from) FROM (SELECT facts_from FROM sessions WHERE "
            "account_id = $1 AND upstream = $2 AND model = $3 AND facts_from < $4 ORDER BY "
            "facts_from DESC LIMIT 2) b), (SELECT min(facts_from) FROM sessions WHERE account_id "
            "= $1 AND upstream = $2 AND model = $3 AND facts_from > $5)",
            id_, name.first, name.second, to_text(life.first), to_text(life.second));
        return {find_instant(row[0]), find_instant(row[1])};
    }

    void read_stretches() {
        for (const auto& row : work_.exec_params(
                 "SELECT gateway, min(sequence) FILTER (WHERE $2::timestamptz IS NULL OR "
                 "occurred_at >= $2), max(sequence) FILTER (WHERE $3::timestamptz IS NULL OR "
                 "occurred_at <= $3) FROM facts WHERE account_id = $1 AND "
                 "($4::timestamptz IS NULL OR recorded_at >= $4) AND "
                 "($5::timestamptz IS NULL OR recorded_at <= $5) GROUP BY gateway "
                 "ORDER BY gateway COLLATE \"C\"",
                 id_, to_parameter(from_), to_parameter(until_), to_parameter(recorded_from_),
                 to_parameter(recorded_until_))) {
            const std::string gateway = row[0].as<std::string>();
            std::set<std::uint64_t> ends = heads_[gateway];
            if (!row[1].is_null() && !row[2].is_null() &&
                row[1].as<std::uint64_t>() <= row[2].as<std::uint64_t>()) {
                ends.insert(row[1].as<std::uint64_t>());
                ends.insert(row[2].as<std::uint64_t>());
            }
            if (!ends.empty()) read_stretch(gateway, *ends.begin(), *ends.rbegin());
        }
    }

    void read_stretch(const std::string& gateway, std::uint64_t first, std::uint64_t last) {
        proof::ExportedStretch stretch{.gateway = gateway,
                                       .after = find_link_before(gateway, first)};
        for_each_row(
            work_,
            [&](const pqxx::row& row) {
                stretch.facts.push_back(read_fact(row));
                ExportedFact& fact = stretch.facts.back();
                fact.link = read_hash(row[9]);
                if (!fact.model.empty()) instances_.insert({fact.upstream, fact.model});
                return true;
            },
            select_facts +
                "account_id = $1 AND gateway = $2 AND sequence BETWEEN $3 AND $4 AND "
                "($5::timestamptz IS NULL OR recorded_at >= $5) AND "
                "($6::timestamptz IS NULL OR recorded_at <= $6)" +
                in_order,
            id_, gateway, first, last, to_parameter(recorded_from_), to_parameter(recorded_until_));
        result_.stretches.push_back(std::move(stretch));
    }

    proof::ChainHead find_link_before(const std::string& gateway, std::uint64_t first) {
        const pqxx::result rows = work_.exec_params(
            "SELECT f.chain, h.count - (SELECT count(*) FROM facts WHERE account_id = $1 AND "
            "gateway = $2 AND sequence >= $3 AND ($4::timestamptz IS NULL OR recorded_at >= $4)), "
            "f.sequence FROM facts f JOIN chain_heads h USING (gateway, account_id) WHERE "
            "f.account_id = $1 AND f.gateway = $2 AND f.sequence < $3 AND "
            "($5::timestamptz IS NULL OR f.recorded_at <= $5) ORDER BY f.sequence DESC LIMIT 1",
            id_, gateway, first, to_parameter(recorded_from_), to_parameter(recorded_until_));
        return rows.empty() ? proof::start_of(gateway, id_) : read_chain_head(rows[0], 0);
    }

    // What is said of a model counts whenever it was said: an unpriced session waits for it.
    void read_rules() {
        std::map<std::string, nlohmann::json> upstreams;
        for (const auto& [upstream, model] : instances_) {
            auto& list = upstreams[model];
            if (list.is_null()) list = {""};
            list.push_back(upstream);
        }
        for (const auto& [model, list] : upstreams) {
            const std::string of_nobody =
                "instance_hash(account_id, model) = instance_hash(NULL, $1) AND model = $1 AND "
                "account_id IS NULL AND kind <> 'unreadable' AND upstream IN (SELECT "
                "jsonb_array_elements_text($2::jsonb)) AND ";
            const std::string in_span =
                "(($3::timestamptz IS NULL OR occurred_at >= $3) AND ($4::timestamptz IS NULL OR "
                "occurred_at <= $4))";
            for (const auto& row : work_.exec_params(
                     select_facts + of_nobody +
                         "key IS NULL AND (kind IN ('catalogue_entry', 'model_set') OR " + in_span +
                         ")" + in_order,
                     model, list.dump(), to_parameter(from_), to_parameter(until_)))
                result_.rules.push_back(read_fact(row));
            for (const auto& row : work_.exec_params(
                     select_facts + of_nobody +
                         "key = ANY (ARRAY(SELECT fingerprint FROM keys WHERE account_id = $5)) "
                         "AND " +
                         in_span + in_order,
                     model, list.dump(), to_parameter(from_), to_parameter(until_), id_)) {
                result_.early.push_back(read_fact(row));
            }
        }
    }

    void read_company() {
        for (const auto& [upstream, model] : instances_) {
            const InstanceName instance{request_.account.id, lifecycle::UpstreamId(upstream),
                                        lifecycle::ModelName(model)};
            for (const RivalSession& rival : needed_rivals(instance)) {
                result_.rivals.push_back({.upstream = instance.upstream,
                                          .model = instance.model,
                                          .rival = rival.rival,
                                          .claim = rival.claim,
                                          .lesser = rival.account < request_.account.id
                                                        ? lifecycle::LesserAccount::theirs
                                                        : lifecycle::LesserAccount::ours});
            }
            read_guests(instance);
        }
    }

    /// In order of loading; the first one after the span may have ended what lived in it.
    std::vector<RivalSession> needed_rivals(const InstanceName& instance) {
        auto rivals = list_rivals(work_, instance, from_);
        std::ranges::stable_sort(rivals, {}, [](const auto& one) { return one.rival.loaded_at; });
        const auto after = std::ranges::find_if(rivals, [&](const RivalSession& one) {
            return until_ && one.rival.loaded_at > *until_;
        });
        if (after != rivals.end()) rivals.erase(after + 1, rivals.end());
        return rivals;
    }

    // Those alone whose keys the account's sessions show.
    void read_guests(const InstanceName& instance) {
        std::set<std::string> keys;
        for (const auto& [session, plan] : result_.sessions) {
            if (session.upstream != instance.upstream || session.model != instance.model) continue;
            for (const auto& guest : session.kept_warm_by) keys.insert(guest.key.text());
        }
        if (keys.empty()) return;
        for (const auto& row : work_.exec_params(
                 select_facts + are_guest_runs +
                     " AND ($5::timestamptz IS NULL OR occurred_at <= $5) AND key IN (SELECT "
                     "jsonb_array_elements_text($6::jsonb))" +
                     in_order,
                 id_, instance.upstream.text(), instance.model.text(), to_parameter(from_),
                 to_parameter(until_), nlohmann::json(keys).dump())) {
            result_.guests.push_back(without_bytes(read_fact(row)));
        }
    }

    /// The newest that covers a link of a stretch.
    void find_checkpoint() {
        for_each_row(
            work_,
            [&](const pqxx::row& row) {
                proof::SignedCheckpoint found{
                    .number = row[0].as<std::uint64_t>(),
                    .body = row[1].as<std::string>(),
                    .signature = platform::parse_signature(row[2].as<std::string>()).value(),
                    .public_key = *request_.checkpoints_of};
                const auto read = proof::parse_checkpoint(found.body);
                if (!read || !std::ranges::any_of(read->heads, [&](const proof::NamedHead& head) {
                        return covers(head);
                    }))
                    return true;
                result_.checkpoints.push_back(std::move(found));
                return false;
            },
            "SELECT id, body, encode(signature, 'hex') FROM checkpoints WHERE public_key = "
            "decode($1, 'hex') AND ($2::timestamptz IS NULL OR made_at >= $2) ORDER BY id DESC",
            platform::to_hex(*request_.checkpoints_of), to_parameter(from_));
    }

    bool covers(const proof::NamedHead& named) const {
        return named.account == id_ &&
               std::ranges::any_of(result_.stretches, [&](const proof::ExportedStretch& stretch) {
                   return stretch.gateway == named.gateway && !stretch.facts.empty() &&
                          stretch.facts.front().sequence <= named.head.last_sequence &&
                          named.head.last_sequence <= stretch.facts.back().sequence;
               });
    }

    Work& work_;
    const ExportRequest& request_;
    const std::string id_;
    const Extent extent_;
    Instant start_;  // of the month
    Instant end_;
    std::optional<Instant> from_;  // of occurrences that are told; absent: all
    std::optional<Instant> until_;
    std::optional<Instant> recorded_from_;  // in which months of facts they are
    std::optional<Instant> recorded_until_;
    std::set<Name> instances_;
    std::map<std::string, std::set<std::uint64_t>> heads_;  // on the month's invoices, by gateway
    AccountExport result_;
};

void require_folded(Work& work, const Account& account) {
    const pqxx::result rows = work.exec_params(
        "SELECT model, 'wait to be metered: try again' FROM pending_instances WHERE account_id = "
        "$1 UNION ALL SELECT model, reason FROM parked_instances WHERE account_id = $1 LIMIT 1",
        account.id.text());
    if (rows.empty()) return;
    throw Refused("the facts of " + rows[0][0].as<std::string>() + " of account " + account.name +
                  " are not in sessions: " + rows[0][1].as<std::string>());
}

AccountExport read_agreeing(Work& work, const ExportRequest& request) {
    work.exec("SET LOCAL statement_timeout = '1h'");
    auto result = Reading(work, request, Extent::needed).run();
    if (!proof::check_export(result).difference) return result;
    result = Reading(work, request, Extent::whole).run();
    const auto difference = proof::check_export(result).difference;
    if (!difference) return result;
    require_folded(work, request.account);
    throw Refused("the books do not agree (`tollgate verify` looks at all of them): " +
                  difference->subject + ": " + difference->what + ": expected " +
                  difference->expected + ", found " + difference->found);
}

}  // namespace

AccountExport read_account_export(Store& store, const ExportRequest& request) {
    return transact_reading(store, [&](Work& work) { return read_agreeing(work, request); });
}

}  // namespace ledger
