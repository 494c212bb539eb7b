#include <nlohmann/json.hpp>

#include "platform/crypto.h"
#include "proof/account_export.h"

namespace proof {
namespace {

using Json = nlohmann::ordered_json;

Json optional(const std::optional<calendar::Instant>& instant) {
    return instant ? Json(calendar::to_text(*instant)) : Json();
}

Json optional(const std::optional<money::Decimal>& value) {
    return value ? Json(money::to_text(*value)) : Json();
}

Json account_json(const ExportedAccount& account) {
    return {{"id", account.id.text()},
            {"name", account.name},
            {"timezone", account.timezone},
            {"currency", account.currency},
            {"passthrough", account.passthrough}};
}

Json fact_json(const ExportedFact& fact) {
    return {{"gateway", fact.gateway},
            {"sequence", fact.sequence},
            {"upstream", fact.upstream},
            {"kind", fact.kind},
            {"key", fact.key},
            {"model", fact.model},
            {"occurred_at", calendar::to_text(fact.occurred_at)},
            {"recorded_at", calendar::to_text(fact.recorded_at)},
            {"body", fact.body}};
}

Json stretch_json(const ExportedStretch& stretch) {
    return {{"gateway", stretch.gateway},
            {"after_count", stretch.after.count},
            {"after_sequence", stretch.after.last_sequence},
            {"after_link", to_text(stretch.after.hash)}};
}

Json rival_json(const ExportedRival& rival) {
    Json json = {{"upstream", rival.upstream.text()},
                 {"model", rival.model.text()},
                 {"loaded_at", calendar::to_text(rival.rival.loaded_at)},
                 {"created", optional(rival.rival.created)},
                 {"discovered", rival.claim.discovered},
                 {"since", calendar::to_text(rival.claim.since)},
                 {"lesser", rival.lesser == lifecycle::LesserAccount::theirs}};
    if (rival.rival.sent_at) json["sent_at"] = calendar::to_text(*rival.rival.sent_at);
    if (rival.rival.ended_at) json["ended_at"] = calendar::to_text(*rival.rival.ended_at);
    return json;
}

Json guests_json(const std::vector<lifecycle::KeptWarm>& guests) {
    Json list = Json::array();
    for (const lifecycle::KeptWarm& guest : guests) {
        list.push_back({{"key", guest.key.text()},
                        {"runs", guest.runs},
                        {"first_at", calendar::to_text(guest.first_at)},
                        {"last_at", calendar::to_text(guest.last_at)}});
    }
    return list;
}

Json session_json(const BookedSession& booked) {
    const lifecycle::Session& s = booked.session;
    const auto& uncertainty = s.clock.uncertainty;
    return {{"id", s.id.text()},
            {"upstream", s.upstream.text()},
            {"model", s.model.text()},
            {"key", s.key.text()},
            {"gb", s.gb ? Json(*s.gb) : Json()},
            {"concurrency", s.concurrency},
            {"expiration_seconds", s.expiration_seconds},
            {"discovered", s.discovered},
            {"created", optional(s.created)},
            {"loaded_at", calendar::to_text(s.loaded_at)},
            {"running_at", optional(s.running_at)},
            {"running_evidence", lifecycle::to_text(s.running_evidence)},
            {"expires_at", optional(s.expires_at)},
            {"ended_at", optional(s.ended_at)},
            {"end_reason", s.end_reason ? Json(lifecycle::to_text(*s.end_reason)) : Json()},
            {"end_evidence", lifecycle::to_text(s.end_evidence)},
            {"estimated", s.estimated},
            {"last_proof_of_life", optional(s.last_proof_of_life)},
            {"first_denial", optional(s.first_denial)},
            {"runs", s.runs},
            {"last_run_at", optional(s.last_run_at)},
            {"kept_warm_by", guests_json(s.kept_warm_by)},
            {"adjusted", s.adjusted},
            {"clock_shift_micros", s.clock.shift.micros},
            {"clock_uncertainty_micros", uncertainty ? Json(uncertainty->micros) : Json()},
            {"facts_from", calendar::to_text(s.facts_from)},
            {"facts_until", calendar::to_text(s.facts_until)},
            {"plan", booked.plan}};
}

Json charge_json(const ExportedCharge& charge) {
    const metering::Owed& owed = charge.owed;
    return {{"session", charge.session.text()},
            {"period", charge.place.period},
            {"revision", charge.revision},
            {"plan", charge.place.plan},
            {"currency", owed.currency},
            {"status", owed.status},
            {"estimated", owed.estimated},
            {"seconds", money::to_text(owed.seconds)},
            {"used_seconds", money::to_text(owed.used)},
            {"rounding_seconds", money::to_text(owed.rounding)},
            {"minimum_seconds", money::to_text(owed.minimum)},
            {"spin_down_seconds", money::to_text(owed.spin_down)},
            {"gb_seconds", optional(owed.gb_seconds)},
            {"amount", optional(owed.amount)},
            {"as_of", optional(charge.as_of)},
            {"invoice", charge.invoice}};
}

Json checkpoint_json(const SignedCheckpoint& checkpoint) {
    return {{"number", checkpoint.number},
            {"body", checkpoint.body},
            {"signature", platform::to_hex(checkpoint.signature)},
            {"public_key", platform::to_hex(checkpoint.public_key)}};
}

class Lines {
  public:
    void add(const char* kind, Json value) { append({{kind, std::move(value)}}); }
    void append(const Json& line) {
        text_ += line.dump();
        text_ += '\n';
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

}  // namespace

std::string to_text(const AccountExport& value) {
    Lines lines;
    lines.append({{"tollgate_export", 1},
                  {"made_at", calendar::to_text(value.made_at)},
                  {"month", value.month},
                  {"account", account_json(value.account)}});
    for (const auto& plan : value.plans)
        lines.add("plan", {{"name", plan.name}, {"document", plan.document}});
    for (const auto& assignment : value.assignments) {
        lines.add("assignment", {{"plan", assignment.plan},
                                 {"effective_from", calendar::to_text(assignment.effective_from)},
                                 {"revision", assignment.revision},
                                 {"default", assignment.is_default}});
    }
    for (const auto& stretch : value.stretches) {
        lines.add("stretch", stretch_json(stretch));
        for (const auto& fact : stretch.facts) {
            Json json = fact_json(fact);
            json["link"] = to_text(fact.link);
            lines.add("fact", std::move(json));
        }
    }
    for (const auto& fact : value.rules) lines.add("rule", fact_json(fact));
    for (const auto& fact : value.early) lines.add("early", fact_json(fact));
    for (const auto& fact : value.guests) lines.add("guest", fact_json(fact));
    for (const auto& rival : value.rivals) lines.add("rival", rival_json(rival));
    for (const auto& checkpoint : value.checkpoints)
        lines.add("checkpoint", checkpoint_json(checkpoint));
    for (const auto& session : value.sessions) lines.add("session", session_json(session));
    for (const auto& charge : value.charges) lines.add("charge", charge_json(charge));
    for (const auto& invoice : value.invoices)
        lines.add("invoice", {{"number", invoice.number}, {"document", invoice.document}});
    return lines.take();
}

std::string signed_text(const std::string& digest) {
    return "tollgate export 1\n" + digest;
}

ExportSeal seal_of(std::string_view lines, const platform::SigningKey& key) {
    ExportSeal seal{.digest = platform::to_hex(platform::sha256(lines)),
                    .public_key = key.public_key()};
    seal.signature = key.sign(signed_text(seal.digest));
    return seal;
}

std::string to_text(const ExportSeal& seal) {
    const Json json = {{"digest", seal.digest},
                       {"public_key", platform::to_hex(seal.public_key)},
                       {"signature", platform::to_hex(seal.signature)}};
    return json.dump() + "\n";
}

}  // namespace proof
