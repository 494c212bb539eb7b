#include "lifecycle/fold.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "lifecycle/evidence.h"
#include "lifecycle/life.h"
#include "lifecycle/openings.h"

namespace lifecycle {
namespace {

using calendar::Duration;
using calendar::Instant;

/// Gives each piece of evidence to the opening that it is about: by `created` where it has one,
/// else by time.
class Attribution {
  public:
    Attribution(const Evidence& evidence, std::span<const Rival> rivals)
        : openings_(find_openings(evidence)) {
        yield_found(rivals);
        add_rivals(rivals);
        for (std::size_t i = 0; i < openings_.size(); ++i) {
            Opening& opening = openings_[i];
            if (opening.created) by_created_[*opening.created].push_back(i);
        }
        for (std::size_t i = 0; i < openings_.size(); ++i) {
            const Opening* next = i + 1 < openings_.size() ? &openings_[i + 1] : nullptr;
            lives_.push_back(Life{openings_[i], {}, {}, {}, 0, next});
        }
        for (const Observation& seen : evidence.observations) attribute(seen);
        for (const Deletion& deletion : evidence.deletions)
            if (Life* life = life_at(deletion.stamp.answered)) life->deletions.push_back(&deletion);
        for (const RunProof& run : evidence.runs)
            if (Life* life = life_of(run)) life->runs.push_back(&run);
        for (const RunTally& tally : evidence.tallies)
            if (Life* life = life_at(tally.at)) life->run_tally += tally.change;
    }

    const std::vector<Life>& lives() const { return lives_; }

  private:
    /// Gives what was found to the rivals' loads that began it: nearest pairs first, each load at
    /// most one.
    void yield_found(std::span<const Rival> rivals) {
        std::vector<std::tuple<Duration, Instant, const Rival*, Opening*>> pairs;
        for (const Rival& rival : rivals) {
            if (!rival.sent_at || rival.created) continue;
            for (Opening& opening : openings_) {
                if (opening.load || (rival.ended_at && *opening.created > *rival.ended_at))
                    continue;
                if (const auto distance =
                        distance_from_load(*opening.created, *rival.sent_at, rival.loaded_at))
                    pairs.emplace_back(*distance, rival.loaded_at, &rival, &opening);
            }
        }
        std::ranges::stable_sort(pairs, {}, [](const auto& pair) {
            return std::tuple(std::get<0>(pair), std::get<1>(pair), *std::get<3>(pair)->created);
        });
        std::set<const Rival*> served;
        for (const auto& [distance, loaded_at, rival, opening] : pairs) {
            if (opening->is_rival || !served.insert(rival).second) continue;
            opening->is_rival = true;
        }
    }

    void add_rivals(std::span<const Rival> rivals) {
        std::set<Instant> ours;
        for (const Opening& opening : openings_)
            if (opening.created && !opening.is_rival) ours.insert(*opening.created);
        for (const Rival& rival : rivals) {
            if (rival.created && ours.contains(*rival.created)) continue;
            openings_.push_back({nullptr, nullptr, rival.created, rival.loaded_at, true});
        }
        std::stable_sort(openings_.begin(), openings_.end(), [](const auto& a, const auto& b) {
            return std::tie(a.loaded_at, a.is_rival, a.created) <
                   std::tie(b.loaded_at, b.is_rival, b.created);
        });
    }

    /// The last opening not after `at`.
    Life* life_at(Instant at) {
        const auto after = std::upper_bound(
            openings_.begin(), openings_.end(), at,
            [](Instant instant, const Opening& opening) { return instant < opening.loaded_at; });
        if (after == openings_.begin()) return nullptr;
        return &lives_[static_cast<std::size_t>(after - openings_.begin()) - 1];
    }

    void attribute(const Observation& seen) {
        if (Life* life = life_of(seen)) {
            life->observations.push_back(&seen);
        } else if (Life* replaced = replaced_by(seen)) {
            denials_.push_back({seen.stamp, seen.key, Sight::absent, {}, {}, {}, {}, {}, {}});
            replaced->observations.push_back(&denials_.back());
        }
    }

    /// A model has one instance at a time: a younger one that never ran, or failed before anybody
    /// saw it run, is no session, but says that the one before it is gone.
    Life* replaced_by(const Observation& seen) {
        Life* const life = life_at(*seen.created);
        return life && life->opening.created && *life->opening.created < *seen.created ? life
                                                                                       : nullptr;
    }

    Life* life_of(const Observation& seen) {
        if (!seen.created) return life_at(seen.stamp.asked);
        const auto found = by_created_.find(*seen.created);
        if (found == by_created_.end()) return nullptr;
        std::size_t chosen = found->second.front();
        for (const std::size_t i : found->second)
            if (openings_[i].loaded_at <= seen.stamp.asked) chosen = i;
        return &lives_[chosen];
    }

    /// The one at its end, unless all had arrived before that one was asked for: an instance that
    /// is gone may finish what it has taken, while the next one boots.
    Life* life_of(const RunProof& run) {
        Life* const life = life_at(run.ended);
        if (!life || !run.last_arrived) return life;
        const Opening& opening = life->opening;
        Instant asked = opening.created.value_or(opening.loaded_at);
        Duration doubt = run.offset.uncertainty.value_or(Duration{});
        if (opening.load) {
            asked = std::min(asked, opening.load->stamp.asked);
            doubt = doubt + opening.load->stamp.offset.uncertainty.value_or(Duration{});
        }
        return *run.last_arrived + doubt < asked ? life_at(*run.last_arrived) : life;
    }

    std::vector<Opening> openings_;
    std::vector<Life> lives_;
    std::deque<Observation> denials_;
    std::map<Instant, std::vector<std::size_t>> by_created_;
};

std::uint64_t fingerprint(std::string_view text) {
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return hash;
}

std::string name_of(const GatewayId& gateway, const CallId& call) {
    return gateway.text() + "-" + std::to_string(call.boot) + "-" + std::to_string(call.number);
}

/// A load's session is named by its call, which the request and the answer share: the name is the
/// same before and after the answer is known. A discovered one by its identity.
SessionId id_of(const Opening& opening, const UpstreamId& upstream, const ModelName& model) {
    if (const Load* load = opening.load) return SessionId(name_of(load->gateway, load->call));
    char digits[17];
    std::snprintf(
        digits, sizeof digits, "%016llx",
        static_cast<unsigned long long>(fingerprint(upstream.text() + '\n' + model.text())));
    return SessionId("found-" + std::to_string(opening.created->micros) + "-" + digits);
}

/// The GB its load carried; else the first learned while it was open; else the operator's.
std::optional<std::string> gb_of(const Opening& opening, const Session& session,
                                 const std::vector<GbLearned>& gbs) {
    if (opening.load && opening.load->gb) return opening.load->gb;
    const auto since =
        std::lower_bound(gbs.begin(), gbs.end(), opening.loaded_at,
                         [](const GbLearned& learned, Instant at) { return learned.at < at; });
    if (since != gbs.end() && (!session.ended_at || since->at < *session.ended_at))
        return since->gb;
    const auto by_operator = [](const GbLearned& learned) { return learned.by_operator; };
    const auto later = std::find_if(since, gbs.end(), by_operator);
    if (later != gbs.end()) return later->gb;
    const auto earlier = std::find_if(std::make_reverse_iterator(since), gbs.rend(), by_operator);
    return earlier == gbs.rend() ? std::nullopt : std::optional(earlier->gb);
}

/// The facts are of one model; a discovered session has no load to name it.
ModelName model_of(std::span<const RecordedFact> facts) {
    for (const RecordedFact& recorded : facts) {
        const auto* model = std::visit(
            [](const auto& body) -> const ModelName* {
                if constexpr (requires { body.model; }) return &body.model;
                return nullptr;
            },
            recorded.fact.body);
        if (model) return *model;
    }
    return {};
}

}  // namespace

std::optional<Instant> find_sent_at(const SessionId& session, Duration shift,
                                    std::span<const RecordedFact> facts) {
    for (const RecordedFact& recorded : facts) {
        const auto* load = std::get_if<LoadAnswered>(&recorded.fact.body);
        if (load && name_of(recorded.gateway, load->call) == session.text())
            return load->sent_at + shift;
    }
    return std::nullopt;
}

std::vector<Session> fold(const UpstreamId& upstream, std::span<const RecordedFact> facts,
                          const Company& company) {
    const Evidence evidence = gather_evidence(facts, company.guests);
    const ModelName model = model_of(facts);
    const Attribution attribution(evidence, company.rivals);
    std::vector<Session> sessions;
    for (const Life& life : attribution.lives()) {
        if (life.opening.is_rival) continue;
        Session session = derive_session(life);
        session.id = id_of(life.opening, upstream, model);
        session.upstream = upstream;
        session.model = model;
        session.gb = gb_of(life.opening, session, evidence.gbs);
        sessions.push_back(std::move(session));
    }
    return sessions;
}

}  // namespace lifecycle
