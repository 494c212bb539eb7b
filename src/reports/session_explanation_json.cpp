#include <nlohmann/json.hpp>

#include "lifecycle/fact_json.h"
#include "reports/fact_text.h"
#include "reports/session_explanation.h"

namespace reports {
namespace {

using Json = nlohmann::ordered_json;
using lifecycle::Session;

Json instant(const std::optional<calendar::Instant>& at) {
    return at ? Json(to_text(*at)) : Json(nullptr);
}

Json text(const std::optional<std::string>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json decimal(const std::optional<money::Decimal>& value) {
    return value ? Json(to_text(*value)) : Json(nullptr);
}

Json amount(const std::optional<money::Amount>& value) {
    return value ? Json(to_text(value->value())) : Json(nullptr);
}

Json seconds(calendar::Duration duration) {
    return to_text(metering::to_seconds(duration));
}

Json ground(const SessionExplanation& explanation, const std::optional<calendar::Instant>& at,
            const Ground& ground) {
    Json json;
    json["at"] = instant(at);
    json["because"] = ground.why;
    json["fact"] = nullptr;
    if (ground.fact) {
        const ExplainedFact& fact = explanation.story.facts[*ground.fact];
        json["fact"] = {{"gateway", fact.gateway.text()}, {"sequence", fact.sequence}};
    }
    return json;
}

Json session_json(const SessionExplanation& explanation) {
    const SessionStory& story = explanation.story;
    const Session& session = story.session;
    Json json;
    json["session"] = session.id.text();
    json["account"] = story.account;
    json["timezone"] = story.zone.name();
    json["model"] = session.model.text();
    json["upstream"] = session.upstream.text();
    json["created"] = instant(session.created);
    json["gb"] = text(session.gb);
    json["concurrency"] = session.concurrency;
    json["plan"] = story.plan ? Json(story.plan->name) : Json(nullptr);
    json["runs"] = session.runs;
    json["loaded"] = ground(explanation, session.loaded_at, explanation.loaded);
    json["running"] = ground(explanation, session.running_at, explanation.running);
    json["running"]["evidence"] = std::string(lifecycle::to_text(session.running_evidence));
    json["expires_at"] = instant(session.expires_at);
    json["ended"] = ground(explanation, session.ended_at, explanation.ended);
    json["ended"]["reason"] =
        session.end_reason ? Json(std::string(lifecycle::to_text(*session.end_reason))) : nullptr;
    json["ended"]["evidence"] = std::string(lifecycle::to_text(session.end_evidence));
    json["ended"]["estimated"] = session.estimated;
    json["ended"]["last_proof_of_life"] = instant(session.last_proof_of_life);
    json["ended"]["first_denial"] = instant(session.first_denial);
    json["bound"] = explanation.bound;
    json["never_billed_past"] = instant(find_billing_bound(session, story.plan));
    json["adjusted"] = session.adjusted;
    json["clock"]["shift_seconds"] = seconds(session.clock.shift);
    json["clock"]["uncertainty_seconds"] =
        session.clock.uncertainty ? seconds(*session.clock.uncertainty) : Json(nullptr);
    json["clock"]["meaning"] = explanation.clock;
    return json;
}

Json charge_json(const SessionExplanation& explanation) {
    if (!explanation.charge) return nullptr;
    const metering::Charge& charge = *explanation.charge;
    Json json;
    json["currency"] = std::string(explanation.story.plan->currency.code());
    json["rate_per_gb_second"] = to_text(explanation.story.plan->rate_per_gb_second);
    json["status"] = std::string(metering::to_text(charge.status));
    json["start"] = instant(charge.start);
    json["end"] = instant(charge.end);
    json["used_seconds"] = seconds(charge.used);
    json["rounding_seconds"] = seconds(charge.rounding);
    json["minimum_seconds"] = seconds(charge.minimum);
    json["spin_down_seconds"] = seconds(charge.spin_down);
    json["billable_seconds"] = seconds(charge.billable);
    json["gb_seconds"] = decimal(charge.gb_seconds);
    json["amount"] = amount(charge.amount);
    json["parts"] = Json::array();
    for (const ExplainedPart& part : explanation.parts) {
        json["parts"].push_back({{"part", part.name},
                                 {"seconds", seconds(part.seconds)},
                                 {"gb_seconds", decimal(part.gb_seconds)},
                                 {"amount", amount(part.amount)}});
    }
    json["slices"] = Json::array();
    for (const metering::MonthSlice& slice : charge.slices) {
        json["slices"].push_back({{"period", to_text(slice.period)},
                                  {"seconds", seconds(slice.billable)},
                                  {"gb_seconds", decimal(slice.gb_seconds)},
                                  {"amount", amount(slice.amount)}});
    }
    return json;
}

Json charges_json(const SessionStory& story) {
    Json rows = Json::array();
    for (const ExplainedCharge& row : story.charges) {
        rows.push_back({{"period", row.period},
                        {"revision", row.revision},
                        {"plan", row.plan},
                        {"status", row.status},
                        {"billable_seconds", row.seconds},
                        {"gb_seconds", text(row.gb_seconds)},
                        {"amount", text(row.amount)},
                        {"charged_at", to_text(row.charged_at)}});
    }
    return rows;
}

Json warmth_json(const SessionStory& story) {
    Json rows = Json::array();
    for (const lifecycle::KeptWarm& guest : story.session.kept_warm_by) {
        const auto account = story.accounts.find(guest.key);
        rows.push_back(
            {{"account", account == story.accounts.end() ? Json(nullptr) : Json(account->second)},
             {"key", guest.key.text()},
             {"runs", guest.runs},
             {"first_at", to_text(guest.first_at)},
             {"last_at", to_text(guest.last_at)}});
    }
    return rows;
}

Json facts_json(const SessionStory& story) {
    Json rows = Json::array();
    for (const ExplainedFact& fact : story.facts) {
        rows.push_back({{"gateway", fact.gateway.text()},
                        {"sequence", fact.sequence},
                        {"occurred_at", to_text(fact.fact.occurred_at)},
                        {"of_another_account", fact.by_guest},
                        {"says", describe(fact.fact.body)},
                        {"fact", Json::parse(lifecycle::to_json(fact.fact))}});
    }
    return rows;
}

}  // namespace

std::string explanation_json(const SessionExplanation& explanation) {
    Json json = session_json(explanation);
    json["charge"] = charge_json(explanation);
    json["charges"] = charges_json(explanation.story);
    json["kept_warm_by"] = warmth_json(explanation.story);
    json["shared_with"] = Json::array();
    for (const Sharer& sharer : explanation.story.shared_with)
        json["shared_with"].push_back({{"account", sharer.account}, {"key", sharer.key.text()}});
    json["facts"] = facts_json(explanation.story);
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reports
