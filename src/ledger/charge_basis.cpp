#include "ledger/charge_basis.h"

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "metering/session_facts.h"

namespace ledger {
namespace {

using calendar::Instant;
using Json = nlohmann::ordered_json;
using MaybeInstant = std::optional<Instant>;

Json text_of(const MaybeInstant& instant) {
    return instant ? Json(calendar::to_text(*instant)) : Json(nullptr);
}

MaybeInstant find_instant(const Json& json, const char* key) {
    const Json& value = json.at(key);
    if (value.is_null()) return {};
    const auto instant = calendar::parse_instant(value.get<std::string>());
    if (!instant) throw std::runtime_error("a charge's basis has no instant in " + value.dump());
    return instant;
}

std::string moved(const std::string& what, const std::string& from, const std::string& to) {
    return what + " moved from " + from + " to " + to;
}

// 0.5 and 0.50 are one price.
bool is_same_gb(const std::string& before, const std::string& now) {
    return before == now || (!before.empty() && !now.empty() &&
                             metering::parse_gb(before) == metering::parse_gb(now));
}

class Explanation {
  public:
    Explanation(const ChargeBasis& before, const ChargeBasis& now) : before_(before), now_(now) {}

    std::string write() {
        if (now_.withdrawn) return "the session was withdrawn: no fact supports it any more";
        if (before_.withdrawn) return "the session had been withdrawn and is supported again";
        explain_start();
        explain_end();
        explain_price();
        if (parts_.empty()) return "rated anew; what it rests on is the same";
        std::string text = parts_[0];
        for (std::size_t i = 1; i < parts_.size(); ++i) text.append("; ").append(parts_[i]);
        return text;
    }

  private:
    void explain_start() {
        if (before_.loaded_at != now_.loaded_at) {
            parts_.push_back(moved("the load", calendar::to_text(before_.loaded_at),
                                   calendar::to_text(now_.loaded_at)));
        }
        if (before_.running_at == now_.running_at) return;
        if (!before_.running_at) {
            parts_.push_back("it became known that it ran, from " +
                             calendar::to_text(*now_.running_at));
        } else if (!now_.running_at) {
            parts_.push_back("it did not run after all (was running from " +
                             calendar::to_text(*before_.running_at) + ")");
        } else {
            parts_.push_back(moved("the start", calendar::to_text(*before_.running_at),
                                   calendar::to_text(*now_.running_at)));
        }
    }

    void explain_end() {
        if (!before_.ended_at && now_.ended_at) {
            parts_.push_back("it ended at " + calendar::to_text(*now_.ended_at) + " (" +
                             now_.end_reason + ")");
        } else if (before_.ended_at && !now_.ended_at) {
            parts_.push_back("it had not ended at " + calendar::to_text(*before_.ended_at) +
                             " after all");
        } else if (before_.ended_at != now_.ended_at) {
            parts_.push_back(
                moved(before_.estimated && !now_.estimated ? "the estimated end" : "the end",
                      calendar::to_text(*before_.ended_at), calendar::to_text(*now_.ended_at)));
        } else if (!now_.ended_at && before_.charged_to != now_.charged_to) {
            parts_.push_back("it went on");
        }
        if (before_.ended_at && now_.ended_at && before_.end_reason != now_.end_reason) {
            parts_.push_back("how it ended became known: " + now_.end_reason + ", not " +
                             before_.end_reason);
        }
    }

    void explain_price() {
        if (before_.gb.empty() && !now_.gb.empty()) {
            parts_.push_back("the model's GB became known: " + now_.gb);
        } else if (!is_same_gb(before_.gb, now_.gb)) {
            parts_.push_back("the model's GB at its load became " +
                             (now_.gb.empty() ? "unknown" : now_.gb) + ", was " + before_.gb);
        }
        if (before_.concurrency != now_.concurrency) {
            parts_.push_back("its replicas became " + std::to_string(now_.concurrency) + ", were " +
                             std::to_string(before_.concurrency));
        }
        if (before_.plan != now_.plan) {
            parts_.push_back("the plan of its load became " +
                             (now_.plan.empty() ? "none" : now_.plan) + ", was " +
                             (before_.plan.empty() ? "none" : before_.plan));
        }
        if (before_.timezone != now_.timezone) {
            parts_.push_back("the account's months became those of " + now_.timezone +
                             ", were of " + before_.timezone);
        }
    }

    const ChargeBasis& before_;
    const ChargeBasis& now_;
    std::vector<std::string> parts_;
};

}  // namespace

const char* const no_evidence = "none";

ChargeBasis basis_of(const lifecycle::Session& session, const std::string& plan,
                     const std::string& timezone, MaybeInstant charged_to) {
    return {.loaded_at = session.loaded_at,
            .running_at = session.running_at,
            .ended_at = session.ended_at,
            .charged_to = session.end_reason ? std::nullopt : charged_to,
            .end_reason =
                session.end_reason ? std::string(lifecycle::to_text(*session.end_reason)) : "",
            .estimated = session.estimated,
            .gb = session.gb.value_or(""),
            .concurrency = session.concurrency,
            .plan = plan,
            .timezone = timezone};
}

std::string to_json(const ChargeBasis& basis) {
    if (basis.withdrawn) return R"({"withdrawn":true})";
    const Json json = {{"loaded_at", calendar::to_text(basis.loaded_at)},
                       {"running_at", text_of(basis.running_at)},
                       {"ended_at", text_of(basis.ended_at)},
                       {"charged_to", text_of(basis.charged_to)},
                       {"end_reason", basis.end_reason},
                       {"estimated", basis.estimated},
                       {"gb", basis.gb},
                       {"concurrency", basis.concurrency},
                       {"plan", basis.plan},
                       {"timezone", basis.timezone}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

ChargeBasis parse_basis(std::string_view text) {
    try {
        const Json json = Json::parse(text);
        if (json.value("withdrawn", false)) return {.withdrawn = true};
        return {.loaded_at = find_instant(json, "loaded_at").value(),
                .running_at = find_instant(json, "running_at"),
                .ended_at = find_instant(json, "ended_at"),
                .charged_to = find_instant(json, "charged_to"),
                .end_reason = json.at("end_reason").get<std::string>(),
                .estimated = json.at("estimated").get<bool>(),
                .gb = json.at("gb").get<std::string>(),
                .concurrency = json.at("concurrency").get<std::int64_t>(),
                .plan = json.at("plan").get<std::string>(),
                .timezone = json.at("timezone").get<std::string>()};
    } catch (const Json::exception& error) {
        throw std::runtime_error(std::string("a charge's basis: ") + error.what());
    }
}

std::string explain_change(const ChargeBasis& before, const ChargeBasis& now) {
    return Explanation(before, now).write();
}

std::string evidence_of(const lifecycle::Session& session) {
    std::string text = "start by " + std::string(lifecycle::to_text(session.running_evidence));
    if (!session.end_reason) return text + ", open";
    return text + ", end by " + std::string(lifecycle::to_text(session.end_evidence)) +
           (session.estimated ? " (estimated)" : "");
}

}  // namespace ledger
