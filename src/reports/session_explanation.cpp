#include "reports/session_explanation.h"

#include <algorithm>
#include <tuple>

#include "metering/rule.h"
#include "metering/session_facts.h"
#include "reports/fact_text.h"

namespace reports {
namespace {

using calendar::Duration;
using calendar::Instant;
using lifecycle::DeleteAnswered;
using lifecycle::EndEvidence;
using lifecycle::InstanceSeen;
using lifecycle::LoadAnswered;
using lifecycle::RunningEvidence;
using lifecycle::Session;

/// The index of the first fact of the kind that `is_it` takes.
template <class Kind, class IsIt>
std::optional<std::size_t> find_fact(const std::vector<ExplainedFact>& facts, IsIt is_it) {
    for (std::size_t i = 0; i < facts.size(); ++i) {
        const auto* body = std::get_if<Kind>(&facts[i].fact.body);
        if (body && is_it(*body)) return i;
    }
    return std::nullopt;
}

bool is_about(const InstanceSeen& seen, const Session& session) {
    return !seen.created || !session.created || seen.created == session.created;
}

Ground ground_of_load(const SessionStory& story) {
    const Session& session = story.session;
    if (session.discovered)
        return {"created, as the upstream tells it: no gateway was told that it began",
                find_fact<InstanceSeen>(story.facts, [&](const InstanceSeen& seen) {
                    return seen.created == session.created;
                })};
    const auto is_named = [&](const ExplainedFact& fact, const lifecycle::CallId& call) {
        return session.id.text() == fact.gateway.text() + "-" + std::to_string(call.boot) + "-" +
                                        std::to_string(call.number);
    };
    for (std::size_t i = 0; i < story.facts.size(); ++i) {
        const auto* load = std::get_if<LoadAnswered>(&story.facts[i].fact.body);
        if (load && load->accepted && is_named(story.facts[i], load->call))
            return {"the load's answer arrived", i};
    }
    return {"created, as the upstream tells it: the load's own answer is not known",
            find_fact<InstanceSeen>(story.facts, [&](const InstanceSeen& seen) {
                return seen.created == session.created;
            })};
}

Ground ground_of_running(const SessionStory& story) {
    const Session& session = story.session;
    const auto running = [&](const InstanceSeen& seen) {
        return seen.state == "RUNNING" && is_about(seen, session);
    };
    switch (session.running_evidence) {
        case RunningEvidence::none:
            return {"nothing shows that it ever ran", {}};
        case RunningEvidence::expiry_clock:
            return {"expiresAt less the idle limit, of a status with no inference yet",
                    find_fact<InstanceSeen>(story.facts, [&](const InstanceSeen& seen) {
                        const auto period =
                            seen.expiration_seconds.value_or(session.expiration_seconds);
                        return is_about(seen, session) && seen.inferences == 0 && seen.expires_at &&
                               (session.adjusted || *seen.expires_at - Duration::seconds(period) ==
                                                        *session.running_at);
                    })};
        case RunningEvidence::modified:
            return {"modified, of the first RUNNING status with no inference yet",
                    find_fact<InstanceSeen>(story.facts, [&](const InstanceSeen& seen) {
                        return running(seen) && seen.inferences == 0 && seen.modified;
                    })};
        case RunningEvidence::observed:
            return {"when RUNNING was first seen", find_fact<InstanceSeen>(story.facts, running)};
        case RunningEvidence::run:
            return {"a run was answered by then",
                    find_fact<lifecycle::Runs>(story.facts,
                                               [](const auto& runs) { return runs.accepted > 0; })};
    }
    return {};
}

Ground ground_of_end(const SessionStory& story) {
    const Session& session = story.session;
    switch (session.end_evidence) {
        case EndEvidence::none:
            return {"it goes on", {}};
        case EndEvidence::delete_answer:
            return {"the delete's answer arrived",
                    find_fact<DeleteAnswered>(story.facts, [](const DeleteAnswered& deletion) {
                        return deletion.status / 100 == 2;
                    })};
        case EndEvidence::upstream_report:
            return {"modified, of the status that tells of the end",
                    find_fact<InstanceSeen>(story.facts, [&](const InstanceSeen& seen) {
                        return seen.state != "RUNNING" && is_about(seen, session) &&
                               (session.adjusted || seen.modified == session.ended_at);
                    })};
        case EndEvidence::bounded:
            if (session.ended_at == session.expires_at)
                return {"inferred: it expired between the last proof of life and the first denial",
                        {}};
            return {"inferred: the last proof of life, and at most " + std::to_string(120) +
                        " s of the gap to the first denial",
                    {}};
    }
    return {};
}

std::string bound_of(const SessionStory& story, Instant as_of) {
    const Session& session = story.session;
    if (session.end_evidence == EndEvidence::bounded)
        return "alive at " + calendar::to_text(*session.last_proof_of_life) + ", gone by " +
               calendar::to_text(*session.first_denial) +
               ": never billed past that, and later evidence corrects it";
    if (session.end_reason || !story.plan) return "";
    const auto bound = find_billing_bound(session, story.plan);
    if (!bound) return "none while it has no expiry: booting, or a run is in flight";
    return "as things stand it is not billed past " + calendar::to_text(*bound) +
           (as_of > *bound ? ", which is over" : "");
}

std::string clock_text(const lifecycle::ClockOffset& clock) {
    if (!clock.uncertainty)
        return "gateway and upstream are taken to agree: no answer near told a Date";
    if (*clock.uncertainty == Duration{}) return "every instant is the upstream's own";
    const std::string sure = " ± " + seconds_text(*clock.uncertainty);
    if (clock.shift == Duration{})
        return "gateway and upstream agree, as far as the answers' Dates tell:" + sure;
    return "upstream = gateway " + std::string(clock.shift < Duration{} ? "− " : "+ ") +
           seconds_text(clock.shift < Duration{} ? Duration{} - clock.shift : clock.shift) + sure +
           ", by the answers' Dates";
}

std::vector<ExplainedPart> parts_of(const metering::Charge& charge, const SessionStory& story,
                                    const metering::SessionFacts& facts) {
    std::vector<ExplainedPart> parts{
        {"used until it expired", charge.used - charge.spin_down, {}, {}},
        {"used while it shut down", charge.spin_down, {}, {}},
        {"rounding", charge.rounding, {}, {}},
        {"minimum", charge.minimum, {}, {}}};
    if (charge.spin_down == Duration{}) parts[0].name = "used";
    std::erase_if(parts, [](const ExplainedPart& part) {
        return part.seconds == Duration{} && part.name != "used";
    });
    if (!facts.gb) return parts;
    const money::Decimal replicas(story.plan->per_replica ? facts.concurrency : 1);
    for (ExplainedPart& part : parts) {
        part.gb_seconds = *facts.gb * replicas * metering::to_seconds(part.seconds);
        part.amount =
            money::Amount(*part.gb_seconds * story.plan->rate_per_gb_second, story.plan->currency);
    }
    return parts;
}

}  // namespace

std::optional<Instant> find_billing_bound(const Session& session,
                                          const std::optional<metering::Plan>& plan) {
    if (session.end_evidence == EndEvidence::bounded) return session.first_denial;
    if (session.end_reason || !session.expires_at || !plan)
        return session.end_reason ? session.ended_at : std::nullopt;
    const bool is_billed = plan->spin_down == metering::SpinDown::billed;
    return *session.expires_at + (is_billed ? plan->shutdown_grace : Duration{});
}

SessionExplanation explain(SessionStory story, Instant as_of) {
    std::sort(story.facts.begin(), story.facts.end(), [](const auto& a, const auto& b) {
        return std::tie(a.fact.occurred_at, a.gateway, a.sequence) <
               std::tie(b.fact.occurred_at, b.gateway, b.sequence);
    });
    SessionExplanation result;
    result.loaded = ground_of_load(story);
    result.running = ground_of_running(story);
    result.ended = ground_of_end(story);
    result.bound = bound_of(story, as_of);
    result.clock = clock_text(story.session.clock);
    if (story.plan) {
        const auto facts = metering::to_facts(story.session, story.account);
        result.charge = metering::rate_session(facts, *story.plan, story.zone, as_of);
        if (result.charge->start) result.parts = parts_of(*result.charge, story, facts);
    }
    result.story = std::move(story);
    return result;
}

}  // namespace reports
