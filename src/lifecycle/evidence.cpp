#include "lifecycle/evidence.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "lifecycle/fact_json.h"

namespace lifecycle {
namespace {

using calendar::Instant;
using CallKey = std::pair<GatewayId, CallId>;

bool is_success(int status) {
    return status >= 200 && status < 300;
}

/// Anything that is neither RUNNING nor FAILED nor STOPPED counts as booting (api-semantics.md).
Sight sight_of(std::string_view state) {
    if (state == "RUNNING") return Sight::running;
    if (state == "FAILED") return Sight::failed;
    if (state == "STOPPED") return Sight::stopped;
    return Sight::booting;
}

/// Sorted by time, then by what they say, then by identity; each identity once. Not by identity
/// alone: which of two gateways saw something, and after how much else, must not matter.
std::vector<const RecordedFact*> in_order(std::span<const RecordedFact> facts) {
    std::vector<const RecordedFact*> order;
    order.reserve(facts.size());
    for (const RecordedFact& fact : facts) order.push_back(&fact);
    const auto identity = [](const RecordedFact* fact) {
        return std::tie(fact->gateway, fact->sequence);
    };
    std::sort(order.begin(), order.end(), [&](auto* a, auto* b) {
        if (a->fact.occurred_at != b->fact.occurred_at)
            return a->fact.occurred_at < b->fact.occurred_at;
        if (identity(a) == identity(b)) return false;
        const std::string a_says = to_json(a->fact);
        const std::string b_says = to_json(b->fact);
        return a_says != b_says ? a_says < b_says : identity(a) < identity(b);
    });
    const auto same = [&](auto* a, auto* b) { return identity(a) == identity(b); };
    order.erase(std::unique(order.begin(), order.end(), same), order.end());
    return order;
}

/// When the question left, and the answer came, that a fact with a Date tells of; gateway clock.
template <class Body>
std::optional<Instant> asked_at(const Body& body) {
    if constexpr (requires { body.asked_at; })
        return body.asked_at;
    else
        return body.sent_at;
}
template <class Body>
std::optional<Instant> answered_at(const Body& body, Instant occurred_at) {
    if constexpr (requires { body.answered_at; })
        return body.answered_at;
    else
        return occurred_at;
}

/// A run may take minutes, and its Date be of any of them: one that took longer than a question
/// does tells too little.
constexpr calendar::Duration longest_telling_run = calendar::Duration::seconds(15);

template <class Body>
constexpr bool is_run = std::is_same_v<Body, RunArrived> || std::is_same_v<Body, RunEnded> ||
                        std::is_same_v<Body, Runs>;

/// What a fact tells of the upstream's clock; absent: nothing.
std::optional<UpstreamClock::Reading> reading_of(const RecordedFact& recorded) {
    return std::visit(
        [&](const auto& body) -> std::optional<UpstreamClock::Reading> {
            if constexpr (requires { body.date; }) {
                const auto asked = asked_at(body);
                const auto answered = answered_at(body, recorded.fact.occurred_at);
                if (!body.date || !asked || !answered) return std::nullopt;
                if (is_run<std::decay_t<decltype(body)>> &&
                    *answered - *asked > longest_telling_run)
                    return std::nullopt;
                return {{recorded.sequence, *asked, *answered, *body.date}};
            }
            return std::nullopt;
        },
        recorded.fact.body);
}

std::map<GatewayId, UpstreamClock> read_clocks(const std::vector<const RecordedFact*>& facts) {
    std::map<GatewayId, std::vector<UpstreamClock::Reading>> readings;
    for (const RecordedFact* fact : facts)
        if (const auto reading = reading_of(*fact)) readings[fact->gateway].push_back(*reading);
    std::map<GatewayId, UpstreamClock> clocks;
    for (auto& [gateway, list] : readings) clocks.emplace(gateway, UpstreamClock(std::move(list)));
    return clocks;
}

template <class List, class Time>
void sort_by(List& list, Time time) {
    std::stable_sort(list.begin(), list.end(),
                     [&](const auto& a, const auto& b) { return time(a) < time(b); });
}

class Gatherer {
  public:
    Gatherer(const std::vector<const RecordedFact*>& facts,
             const std::vector<const RecordedFact*>& guests)
        : clocks_(read_clocks(facts)) {
        take_all(facts);
        by_guest_ = true;
        take_all(guests);
    }

    Evidence take_evidence() {
        const auto answered = [](const auto& it) { return it.stamp.answered; };
        sort_by(evidence_.loads, answered);
        sort_by(evidence_.deletions, answered);
        sort_by(evidence_.observations, [](const auto& it) { return it.stamp.asked; });
        sort_by(evidence_.runs, [](const auto& it) { return it.ended; });
        sort_by(evidence_.gbs, [](const auto& it) { return it.at; });
        return std::move(evidence_);
    }

  private:
    void take_all(const std::vector<const RecordedFact*>& facts) {
        for (const RecordedFact* fact : facts) note_calls(*fact);
        for (const RecordedFact* fact : facts) {
            recorded_ = fact;
            offset_ = offset_of(*fact);
            at_ = moved(fact->fact.occurred_at);
            std::visit(
                [&](const auto& body) {
                    if (!by_guest_ || is_run<std::decay_t<decltype(body)>>) take(body);
                },
                fact->fact.body);
        }
    }

    /// A guest may come by a gateway, or at a time, that no fact of the loader's tells of: what its
    /// run's own answer tells goes first.
    ClockOffset offset_of(const RecordedFact& fact) const {
        if (by_guest_)
            if (const auto reading = reading_of(fact))
                return UpstreamClock({*reading}).at(fact.sequence);
        const auto clock = clocks_.find(fact.gateway);
        return clock == clocks_.end() ? ClockOffset{} : clock->second.at(fact.sequence);
    }

    Instant moved(Instant gateway_clock) const { return gateway_clock + offset_.shift; }

    /// An answer that took long came later than it was given: its Date is when, to the second, on
    /// the upstream's own clock.
    Stamp stamp_of(Instant asked, std::optional<Instant> date = {}) const {
        const Instant given =
            date ? std::clamp(at_, *date, *date + calendar::Duration{999'999}) : at_;
        return {std::min(moved(asked), given), given, offset_, recorded_->fact.occurred_at};
    }

    void tally(Instant at, std::int64_t change) {
        if (!by_guest_) evidence_.tallies.push_back({at, change});
    }

    struct Arrivals {
        std::optional<Instant> first;
        std::optional<Instant> last;
    };
    void prove(const KeyFingerprint& key, Instant ended, const Arrivals& arrivals,
               std::uint64_t count) {
        evidence_.runs.push_back({ended, arrivals.first, arrivals.last, count, key, by_guest_,
                                  offset_, recorded_->fact.occurred_at});
    }

    void note_calls(const RecordedFact& fact) {
        if (const auto* load = std::get_if<LoadAnswered>(&fact.fact.body))
            answered_.insert({fact.gateway, load->call});
        if (const auto* run = std::get_if<RunArrived>(&fact.fact.body))
            arrived_.emplace(CallKey{fact.gateway, run->call}, fact.fact.occurred_at);
    }

    void take(const GatewayStarted&) {}
    void take(const RunArrived&) { tally(at_, 1); }

    void take(const LoadRequested& load) {
        if (answered_.contains({recorded_->gateway, load.call})) return;
        evidence_.loads.push_back({recorded_->gateway, load.call, load.key, load.model,
                                   load.options, load.gb, stamp_of(recorded_->fact.occurred_at),
                                   false});
    }

    void take(const LoadAnswered& load) {
        // A refusal opens nothing. Only "no answer" leaves it open whether something started.
        if (!load.accepted && load.status != 0) return;
        evidence_.loads.push_back({recorded_->gateway, load.call, load.key, load.model,
                                   load.options, load.gb, stamp_of(load.sent_at, load.date),
                                   load.accepted});
    }

    void take(const RunEnded& run) {
        const auto found = arrived_.find({recorded_->gateway, run.call});
        auto arrival = run.asked_at;
        if (!arrival && found != arrived_.end()) arrival = found->second;
        if (arrival) arrival = moved(*arrival);
        if (is_accepted_run(run.status)) {
            prove(run.key, at_, {arrival, arrival}, 1);
        } else if (arrival) {
            tally(*arrival, -1);
        }
    }

    void take(const Runs& runs) {
        tally(moved(runs.last_arrival.value_or(runs.minute)),
              static_cast<std::int64_t>(runs.arrived) - static_cast<std::int64_t>(runs.refused));
        if (runs.accepted == 0 || !runs.last_accepted_end) return;
        Arrivals arrivals;
        // With refusals in the same minute nothing tells which of the arrivals was taken.
        if (runs.refused == 0 && runs.first_arrival) arrivals.first = moved(*runs.first_arrival);
        if (runs.last_accepted_arrival) arrivals.last = moved(*runs.last_accepted_arrival);
        if (runs.accepted == 1 && arrivals.last) arrivals.first = arrivals.last;
        prove(runs.key, moved(*runs.last_accepted_end), arrivals, runs.accepted);
    }

    void take(const DeleteAnswered& deletion) {
        const Stamp stamp = stamp_of(deletion.sent_at, deletion.date);
        if (deletion.status == 404) {
            evidence_.observations.push_back(
                {stamp, deletion.key, Sight::absent, {}, {}, {}, {}, {}, {}});
        } else if (is_success(deletion.status)) {
            evidence_.deletions.push_back({stamp, true});
        } else if (deletion.status == 0 || deletion.status >= 500) {
            evidence_.deletions.push_back({stamp, false});
        }
    }

    void take(const InstanceSeen& seen) {
        evidence_.observations.push_back({stamp_of(seen.asked_at, seen.date), seen.key,
                                          sight_of(seen.state), seen.concurrency, seen.inferences,
                                          seen.expiration_seconds, seen.created, seen.modified,
                                          seen.expires_at});
    }

    void take(const InstanceAbsent& absent) {
        evidence_.observations.push_back({stamp_of(absent.asked_at, absent.date),
                                          absent.key,
                                          Sight::absent,
                                          {},
                                          {},
                                          {},
                                          {},
                                          {},
                                          {}});
    }

    void take(const CatalogueEntry& entry) {
        if (entry.gb) evidence_.gbs.push_back({at_, *entry.gb, false});
    }

    void take(const ModelSet& set) { evidence_.gbs.push_back({at_, set.gb, true}); }

    std::map<GatewayId, UpstreamClock> clocks_;
    Evidence evidence_;
    std::set<CallKey> answered_;
    std::map<CallKey, Instant> arrived_;  // gateway clock
    // Of the fact in hand.
    bool by_guest_ = false;
    const RecordedFact* recorded_ = nullptr;
    ClockOffset offset_;
    Instant at_;  // when it occurred
};

}  // namespace

Evidence gather_evidence(std::span<const RecordedFact> facts,
                         std::span<const RecordedFact> guests) {
    return Gatherer(in_order(facts), in_order(guests)).take_evidence();
}

}  // namespace lifecycle
