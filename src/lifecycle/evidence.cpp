#include "lifecycle/evidence.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "lifecycle/upstream_clock.h"

namespace lifecycle {
namespace {

using calendar::Instant;
using CallKey = std::pair<GatewayId, CallId>;

bool is_success(int status) {
    return status >= 200 && status < 300;
}

Stamp stamp_of(Instant asked, Instant answered, std::optional<Instant> date) {
    return {std::min(asked, answered), answered, shift_to_upstream(answered, date)};
}

/// Anything that is neither RUNNING nor FAILED nor STOPPED counts as booting (api-semantics.md).
Sight sight_of(std::string_view state) {
    if (state == "RUNNING") return Sight::running;
    if (state == "FAILED") return Sight::failed;
    if (state == "STOPPED") return Sight::stopped;
    return Sight::booting;
}

/// Sorted by time, then by identity; each identity once. Time first, because two gateways'
/// sequences say nothing of each other.
std::vector<const RecordedFact*> in_order(std::span<const RecordedFact> facts) {
    std::vector<const RecordedFact*> order;
    order.reserve(facts.size());
    for (const RecordedFact& fact : facts) order.push_back(&fact);
    const auto identity = [](const RecordedFact* fact) {
        return std::tie(fact->fact.occurred_at, fact->gateway, fact->sequence);
    };
    std::sort(order.begin(), order.end(),
              [&](auto* a, auto* b) { return identity(a) < identity(b); });
    const auto same = [&](auto* a, auto* b) { return identity(a) == identity(b); };
    order.erase(std::unique(order.begin(), order.end(), same), order.end());
    return order;
}

class Gatherer {
  public:
    explicit Gatherer(const std::vector<const RecordedFact*>& facts) {
        for (const RecordedFact* fact : facts) note_calls(*fact);
        for (const RecordedFact* fact : facts) {
            recorded_ = fact;
            at_ = fact->fact.occurred_at;
            std::visit([&](const auto& body) { take(body); }, fact->fact.body);
        }
        std::stable_sort(
            evidence_.observations.begin(), evidence_.observations.end(),
            [](const auto& a, const auto& b) { return a.stamp.asked < b.stamp.asked; });
        std::stable_sort(evidence_.runs.begin(), evidence_.runs.end(),
                         [](const auto& a, const auto& b) { return a.ended < b.ended; });
    }

    Evidence take_evidence() { return std::move(evidence_); }

  private:
    void note_calls(const RecordedFact& fact) {
        if (const auto* load = std::get_if<LoadAnswered>(&fact.fact.body))
            answered_.insert({fact.gateway, load->call});
        if (const auto* run = std::get_if<RunArrived>(&fact.fact.body))
            arrived_.emplace(CallKey{fact.gateway, run->call}, fact.fact.occurred_at);
    }

    void take(const GatewayStarted&) {}
    void take(const RunArrived&) { evidence_.tallies.push_back({at_, 1}); }

    void take(const LoadRequested& load) {
        if (answered_.contains({recorded_->gateway, load.call})) return;
        evidence_.loads.push_back({recorded_->gateway, load.call, load.key, load.model,
                                   load.options, load.gb, stamp_of(at_, at_, {}), false});
    }

    void take(const LoadAnswered& load) {
        // A refusal opens nothing. Only "no answer" leaves it open whether something started.
        if (!load.accepted && load.status != 0) return;
        evidence_.loads.push_back({recorded_->gateway, load.call, load.key, load.model,
                                   load.options, load.gb, stamp_of(load.sent_at, at_, load.date),
                                   load.accepted});
    }

    void take(const RunEnded& run) {
        const auto arrival = arrived_.find({recorded_->gateway, run.call});
        if (!is_accepted_run(run.status)) {
            if (arrival != arrived_.end()) evidence_.tallies.push_back({arrival->second, -1});
            return;
        }
        evidence_.runs.push_back(
            {at_, arrival == arrived_.end() ? std::nullopt : std::optional(arrival->second), 1});
    }

    void take(const Runs& runs) {
        evidence_.tallies.push_back(
            {runs.last_arrival.value_or(runs.minute),
             static_cast<std::int64_t>(runs.arrived) - static_cast<std::int64_t>(runs.refused)});
        if (runs.accepted == 0 || !runs.last_accepted_end) return;
        // With refusals in the same minute nothing tells which of the arrivals was taken.
        const auto arrived = runs.refused == 0 ? runs.first_arrival : std::nullopt;
        evidence_.runs.push_back({*runs.last_accepted_end, arrived, runs.accepted});
    }

    void take(const DeleteAnswered& deletion) {
        const Stamp stamp = stamp_of(deletion.sent_at, at_, deletion.date);
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
        evidence_.observations.push_back({stamp_of(seen.asked_at, at_, seen.date), seen.key,
                                          sight_of(seen.state), seen.concurrency, seen.inferences,
                                          seen.expiration_seconds, seen.created, seen.modified,
                                          seen.expires_at});
    }

    void take(const InstanceAbsent& absent) {
        evidence_.observations.push_back({stamp_of(absent.asked_at, at_, absent.date),
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

    Evidence evidence_;
    std::set<CallKey> answered_;
    std::map<CallKey, Instant> arrived_;
    const RecordedFact* recorded_ = nullptr;
    Instant at_;
};

}  // namespace

Evidence gather_evidence(std::span<const RecordedFact> facts) {
    return Gatherer(in_order(facts)).take_evidence();
}

}  // namespace lifecycle
