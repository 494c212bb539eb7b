#include "cli/session_json.h"

#include <nlohmann/json.hpp>

#include "metering/charge.h"

namespace cli {
namespace {

using Json = nlohmann::ordered_json;

Json instant_or_null(const std::optional<calendar::Instant>& instant) {
    return instant ? Json(calendar::to_text(*instant)) : Json(nullptr);
}

Json text_or_null(const std::optional<std::string>& text) {
    return text ? Json(*text) : Json(nullptr);
}

std::string seconds_of(calendar::Duration duration) {
    return money::to_text(metering::to_seconds(duration));
}

Json rate_input(const ledger::SessionRecord& record) {
    const lifecycle::Session& session = record.session;
    Json line;
    line["session"] = session.id.text();
    line["account"] = record.account_name;
    line["model"] = session.model.text();
    line["gb"] = text_or_null(session.gb);
    line["concurrency"] = session.concurrency;
    line["loaded_at"] = calendar::to_text(session.loaded_at);
    line["running_at"] = instant_or_null(session.running_at);
    line["expires_at"] = instant_or_null(session.expires_at);
    line["ended_at"] = instant_or_null(session.ended_at);
    line["end_reason"] =
        session.end_reason ? Json(std::string(lifecycle::to_text(*session.end_reason))) : nullptr;
    line["estimated"] = session.estimated;
    return line;
}

std::string dump(const Json& json, int indent) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_rate_input(const ledger::SessionRecord& record) {
    return dump(rate_input(record), -1);
}

std::string to_full_json(const ledger::SessionRecord& record,
                         const std::vector<ledger::ChargeRow>& charges,
                         const std::vector<ledger::InstanceSharer>& sharers,
                         const std::optional<calendar::Instant>& bound) {
    const lifecycle::Session& session = record.session;
    Json json = rate_input(record);
    json["account_id"] = record.account.text();
    json["timezone"] = record.timezone;
    json["plan"] = text_or_null(record.plan);
    json["upstream"] = session.upstream.text();
    json["key"] = session.key.text();
    json["discovered"] = session.discovered;
    json["created"] = instant_or_null(session.created);
    json["expiration_seconds"] = session.expiration_seconds;
    json["last_proof_of_life"] = instant_or_null(session.last_proof_of_life);
    json["first_denial"] = instant_or_null(session.first_denial);
    json["never_billed_past"] = instant_or_null(bound);
    json["runs"] = session.runs;
    json["last_run_at"] = instant_or_null(session.last_run_at);
    json["adjusted"] = session.adjusted;
    json["running_evidence"] = std::string(lifecycle::to_text(session.running_evidence));
    json["end_evidence"] = std::string(lifecycle::to_text(session.end_evidence));
    json["clock_shift_seconds"] = seconds_of(session.clock.shift);
    json["clock_uncertainty_seconds"] =
        session.clock.uncertainty ? Json(seconds_of(*session.clock.uncertainty)) : Json(nullptr);
    json["kept_warm_by"] = Json::array();
    for (const lifecycle::KeptWarm& guest : session.kept_warm_by) {
        json["kept_warm_by"].push_back({{"key", guest.key.text()},
                                        {"runs", guest.runs},
                                        {"first_at", calendar::to_text(guest.first_at)},
                                        {"last_at", calendar::to_text(guest.last_at)}});
    }
    json["shared_with"] = Json::array();
    for (const ledger::InstanceSharer& sharer : sharers)
        json["shared_with"].push_back(
            {{"account", sharer.account_name}, {"key", sharer.key.text()}});
    json["charges"] = Json::array();
    for (const ledger::ChargeRow& row : charges) {
        Json charge;
        charge["period"] = row.period;
        charge["revision"] = row.revision;
        charge["plan"] = row.plan;
        charge["currency"] = row.currency;
        charge["status"] = row.status;
        charge["used_seconds"] = row.used_seconds;
        charge["rounding_seconds"] = row.rounding_seconds;
        charge["minimum_seconds"] = row.minimum_seconds;
        charge["spin_down_seconds"] = row.spin_down_seconds;
        charge["billable_seconds"] = row.seconds;
        charge["gb_seconds"] = text_or_null(row.gb_seconds);
        charge["amount"] = text_or_null(row.amount);
        charge["charged_at"] = calendar::to_text(row.charged_at);
        json["charges"].push_back(std::move(charge));
    }
    return dump(json, 2);
}

}  // namespace cli
