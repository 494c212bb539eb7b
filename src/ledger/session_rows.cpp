#include "ledger/session_rows.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "metering/session_facts.h"

namespace ledger {
namespace {

using lifecycle::KeptWarm;
using lifecycle::Session;

template <class Enum>
Enum get_name(std::optional<Enum> name, const pqxx::field& field) {
    if (name) return *name;
    throw std::runtime_error(std::string("not a name that a session's row may hold: ") +
                             field.c_str());
}

std::string to_json(const std::vector<KeptWarm>& guests) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const KeptWarm& guest : guests) {
        list.push_back({{"key", to_storable(guest.key.text())},
                        {"runs", guest.runs},
                        {"first_at", calendar::to_text(guest.first_at)},
                        {"last_at", calendar::to_text(guest.last_at)}});
    }
    return list.dump();
}

std::vector<KeptWarm> parse_kept_warm(const std::string& text) {
    const auto instant = [](const nlohmann::json& json) {
        return calendar::parse_instant(json.get<std::string>()).value();
    };
    std::vector<KeptWarm> guests;
    if (text == "[]") return guests;
    for (const auto& guest : nlohmann::json::parse(text)) {
        guests.push_back({.key = lifecycle::KeyFingerprint(guest.at("key").get<std::string>()),
                          .runs = guest.at("runs").get<std::uint64_t>(),
                          .first_at = instant(guest.at("first_at")),
                          .last_at = instant(guest.at("last_at"))});
    }
    return guests;
}

lifecycle::ClockOffset read_clock(const pqxx::field& shift, const pqxx::field& uncertainty) {
    lifecycle::ClockOffset clock{calendar::Duration{shift.as<std::int64_t>()}, std::nullopt};
    if (!uncertainty.is_null())
        clock.uncertainty = calendar::Duration{uncertainty.as<std::int64_t>()};
    return clock;
}

}  // namespace

const char* const session_columns =
    "s.id, s.upstream, s.key, s.model, s.gb::text, s.concurrency, s.expiration_seconds, "
    "s.discovered, s.created, s.loaded_at, s.running_at, s.running_evidence, s.expires_at, "
    "s.ended_at, s.end_reason, s.end_evidence, s.estimated, s.last_proof_of_life, s.first_denial, "
    "s.runs, s.last_run_at, s.adjusted, s.clock_shift_micros, s.clock_uncertainty_micros, "
    "s.facts_from, s.facts_until, s.kept_warm_by";

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
    const auto running = next();
    session.running_evidence =
        get_name(lifecycle::parse_running_evidence(running.c_str()), running);
    session.expires_at = find_instant(next());
    session.ended_at = find_instant(next());
    if (const auto reason = next(); !reason.is_null())
        session.end_reason = get_name(lifecycle::parse_end_reason(reason.c_str()), reason);
    const auto end = next();
    session.end_evidence = get_name(lifecycle::parse_end_evidence(end.c_str()), end);
    session.estimated = next().as<bool>();
    session.last_proof_of_life = find_instant(next());
    session.first_denial = find_instant(next());
    session.runs = next().as<std::uint64_t>();
    session.last_run_at = find_instant(next());
    session.adjusted = next().as<bool>();
    const auto shift = next();
    session.clock = read_clock(shift, next());
    session.facts_from = read_instant(next());
    session.facts_until = read_instant(next());
    session.kept_warm_by = parse_kept_warm(next().as<std::string>());
    return session;
}

namespace {

const std::vector<std::string> column_names = {"account_id",
                                               "id",
                                               "upstream",
                                               "model",
                                               "key",
                                               "gb",
                                               "concurrency",
                                               "expiration_seconds",
                                               "discovered",
                                               "created",
                                               "loaded_at",
                                               "running_at",
                                               "running_evidence",
                                               "expires_at",
                                               "ended_at",
                                               "end_reason",
                                               "end_evidence",
                                               "estimated",
                                               "last_proof_of_life",
                                               "first_denial",
                                               "runs",
                                               "last_run_at",
                                               "adjusted",
                                               "plan",
                                               "clock_shift_micros",
                                               "clock_uncertainty_micros",
                                               "facts_from",
                                               "facts_until",
                                               "kept_warm_by"};

/// Calls `use` with the values of the columns, in their order.
template <class Use>
void with_values(const lifecycle::AccountId& account, const Session& session,
                 const std::string& plan, Use use) {
    std::optional<std::string> end_reason;
    if (session.end_reason) end_reason = std::string(lifecycle::to_text(*session.end_reason));
    // What is no GB is no price (metering::to_facts), and no number for Postgres.
    std::optional<std::string> gb;
    if (session.gb && metering::parse_gb(*session.gb)) gb = session.gb;
    std::optional<std::string> plan_name;
    if (!plan.empty()) plan_name = plan;
    std::optional<std::int64_t> uncertainty;
    if (session.clock.uncertainty) uncertainty = session.clock.uncertainty->micros;
    const std::string running(lifecycle::to_text(session.running_evidence));
    const std::string end(lifecycle::to_text(session.end_evidence));
    use(account.text(), session.id.text(), session.upstream.text(),
        to_storable(session.model.text()), to_storable(session.key.text()), gb, session.concurrency,
        session.expiration_seconds, session.discovered, to_parameter(session.created),
        calendar::to_text(session.loaded_at), to_parameter(session.running_at), running,
        to_parameter(session.expires_at), to_parameter(session.ended_at), end_reason, end,
        session.estimated, to_parameter(session.last_proof_of_life),
        to_parameter(session.first_denial), session.runs, to_parameter(session.last_run_at),
        session.adjusted, plan_name, session.clock.shift.micros, uncertainty,
        calendar::to_text(session.facts_from), calendar::to_text(session.facts_until),
        to_json(session.kept_warm_by));
}

/// INSERT … ON CONFLICT … DO UPDATE of every column.
std::string make_upsert() {
    std::string columns;
    std::string values;
    std::string changes;
    for (std::size_t i = 0; i < column_names.size(); ++i) {
        const std::string comma = i == 0 ? "" : ", ";
        columns += comma + column_names[i];
        values += comma + "$" + std::to_string(i + 1);
        if (i >= 2) changes += column_names[i] + " = excluded." + column_names[i] + ", ";
    }
    return "INSERT INTO sessions (" + columns + ") VALUES (" + values +
           ") ON CONFLICT (account_id, id) DO UPDATE SET " + changes + "changed_at = now()";
}

}  // namespace

void write_session(Work& work, const lifecycle::AccountId& account, const Session& session,
                   const std::string& plan) {
    static const std::string upsert = make_upsert();
    with_values(account, session, plan,
                [&](const auto&... values) { work.exec_params(upsert, values...); });
}

void copy_sessions(Work& work, const std::vector<NewSession>& sessions) {
    if (sessions.empty()) return;
    pqxx::stream_to stream(work, "sessions", column_names);
    for (const NewSession& added : sessions) {
        with_values(added.account, added.session, added.plan,
                    [&](const auto&... values) { stream << std::make_tuple(values...); });
    }
    stream.complete();
}

}  // namespace ledger
