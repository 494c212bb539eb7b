#include "ledger/session_rows.h"

#include <array>
#include <stdexcept>

#include "metering/session_facts.h"

namespace ledger {
namespace {

using lifecycle::EndEvidence;
using lifecycle::EndReason;
using lifecycle::RunningEvidence;
using lifecycle::Session;

// In the order of the enumerators.
constexpr std::array running_evidence_names{"none", "expiry_clock", "modified", "observed", "run"};
constexpr std::array end_evidence_names{"none", "delete_answer", "upstream_report", "bounded"};

template <class Enum, std::size_t Size>
Enum parse_name(const std::array<const char*, Size>& names, const std::string& text) {
    for (std::size_t i = 0; i < Size; ++i) {
        if (text == names[i]) return static_cast<Enum>(i);
    }
    throw std::runtime_error("not a name that a session's row may hold: " + text);
}

EndReason parse_end_reason(const std::string& text) {
    for (const EndReason reason : {EndReason::deleted, EndReason::expired, EndReason::failed,
                                   EndReason::replaced, EndReason::vanished}) {
        if (text == lifecycle::to_text(reason)) return reason;
    }
    throw std::runtime_error("not an end reason: " + text);
}

}  // namespace

const char* const session_columns =
    "s.id, s.upstream, s.key, s.model, s.gb::text, s.concurrency, s.expiration_seconds, "
    "s.discovered, s.created, s.loaded_at, s.running_at, s.running_evidence, s.expires_at, "
    "s.ended_at, s.end_reason, s.end_evidence, s.estimated, s.last_proof_of_life, s.first_denial, "
    "s.runs, s.last_run_at, s.adjusted";

Session read_session(const pqxx::row& row, pqxx::row::size_type first) {
    pqxx::row::size_type column = first;
    const auto next = [&] { return row[column++]; };
    Session session;
    session.id = lifecycle::SessionId(next().as<std::string>());
    session.upstream = lifecycle::UpstreamId(next().as<std::string>());
    session.key = lifecycle::KeyFingerprint(next().as<std::string>());
    session.model = lifecycle::ModelName(next().as<std::string>());
    session.gb = find_text(next());
    session.concurrency = next().as<std::int64_t>();
    session.expiration_seconds = next().as<std::int64_t>();
    session.discovered = next().as<bool>();
    session.created = find_instant(next());
    session.loaded_at = read_instant(next());
    session.running_at = find_instant(next());
    session.running_evidence =
        parse_name<RunningEvidence>(running_evidence_names, next().as<std::string>());
    session.expires_at = find_instant(next());
    session.ended_at = find_instant(next());
    if (const auto reason = find_text(next())) session.end_reason = parse_end_reason(*reason);
    session.end_evidence = parse_name<EndEvidence>(end_evidence_names, next().as<std::string>());
    session.estimated = next().as<bool>();
    session.last_proof_of_life = find_instant(next());
    session.first_denial = find_instant(next());
    session.runs = next().as<std::uint64_t>();
    session.last_run_at = find_instant(next());
    session.adjusted = next().as<bool>();
    return session;
}

void write_session(Work& work, const lifecycle::AccountId& account, const Session& session,
                   const std::string& plan) {
    std::optional<std::string> end_reason;
    if (session.end_reason) end_reason = std::string(lifecycle::to_text(*session.end_reason));
    // What is no GB is no price (metering::to_facts), and no number for Postgres.
    std::optional<std::string> gb;
    if (session.gb && metering::parse_gb(*session.gb)) gb = session.gb;
    std::optional<std::string> plan_name;
    if (!plan.empty()) plan_name = plan;
    const std::string running =
        running_evidence_names.at(static_cast<std::size_t>(session.running_evidence));
    const std::string end = end_evidence_names.at(static_cast<std::size_t>(session.end_evidence));
    work.exec_params(
        "INSERT INTO sessions (account_id, id, upstream, model, key, gb, concurrency, "
        "expiration_seconds, discovered, created, loaded_at, running_at, running_evidence, "
        "expires_at, ended_at, end_reason, end_evidence, estimated, last_proof_of_life, "
        "first_denial, runs, last_run_at, adjusted, plan) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
        "$9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24) "
        "ON CONFLICT (account_id, id) DO UPDATE SET upstream = excluded.upstream, "
        "model = excluded.model, key = excluded.key, gb = excluded.gb, "
        "concurrency = excluded.concurrency, expiration_seconds = excluded.expiration_seconds, "
        "discovered = excluded.discovered, created = excluded.created, "
        "loaded_at = excluded.loaded_at, running_at = excluded.running_at, "
        "running_evidence = excluded.running_evidence, expires_at = excluded.expires_at, "
        "ended_at = excluded.ended_at, end_reason = excluded.end_reason, "
        "end_evidence = excluded.end_evidence, estimated = excluded.estimated, "
        "last_proof_of_life = excluded.last_proof_of_life, first_denial = excluded.first_denial, "
        "runs = excluded.runs, last_run_at = excluded.last_run_at, adjusted = excluded.adjusted, "
        "plan = excluded.plan, changed_at = now()",
        account.text(), session.id.text(), session.upstream.text(),
        to_storable(session.model.text()), to_storable(session.key.text()), gb, session.concurrency,
        session.expiration_seconds, session.discovered, to_parameter(session.created),
        calendar::to_text(session.loaded_at), to_parameter(session.running_at), running,
        to_parameter(session.expires_at), to_parameter(session.ended_at), end_reason, end,
        session.estimated, to_parameter(session.last_proof_of_life),
        to_parameter(session.first_denial), session.runs, to_parameter(session.last_run_at),
        session.adjusted, plan_name);
}

}  // namespace ledger
