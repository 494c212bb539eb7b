#include "lifecycle/openings.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace lifecycle {
namespace {

using calendar::Duration;
using calendar::Instant;

// How far `created` may lie outside the time between a load's departure and its answer: before it
// by what two clocks that were joined by Date fields (whole seconds) may differ; after it by what a
// service may take to act on a load that it accepted. A load that got no answer is not given the
// benefit of that queue.
constexpr Duration created_early = Duration::seconds(2);
constexpr Duration created_late = Duration::seconds(300);
constexpr Duration created_late_unknown = Duration::seconds(60);

Duration outside(Instant created, Instant sent, Instant answered) {
    return std::max({sent - created, created - answered, Duration{0}});
}

/// What was seen of one `created`.
struct Trail {
    const Observation* first = nullptr;  // by asked
    const Observation* first_running = nullptr;
    const Load* load = nullptr;
};

class OpeningFinder {
  public:
    explicit OpeningFinder(const Evidence& evidence) : evidence_(evidence) {
        for (const Observation& seen : evidence.observations) {
            if (!seen.created) continue;
            Trail& trail = trails_[*seen.created];
            if (!trail.first) trail.first = &seen;
            if (!trail.first_running && seen.sight == Sight::running) trail.first_running = &seen;
        }
        match(true);
        for (const Load& load : evidence.loads)
            if (load.accepted && !created_.contains(&load)) adopt(load);
        match(false);
    }

    std::vector<Opening> openings() const {
        std::vector<Opening> openings;
        for (const Load& load : evidence_.loads) {
            const auto created = created_.find(&load);
            if (created != created_.end()) {
                openings.push_back(with_instance(load, created->second));
            } else if (load.accepted && !started_nothing_.contains(&load)) {
                openings.push_back({&load, nullptr, std::nullopt, load.stamp.answered});
            }
        }
        for (const auto& [created, trail] : trails_) {
            if (trail.load || !trail.first_running) continue;
            openings.push_back({nullptr, trail.first, created, created});
        }
        std::stable_sort(openings.begin(), openings.end(),
                         [](const auto& a, const auto& b) { return a.loaded_at < b.loaded_at; });
        return openings;
    }

  private:
    static Opening with_instance(const Load& load, Instant created) {
        return {&load, nullptr, created, load.accepted ? load.stamp.answered : created};
    }

    /// Gives each load (accepted, or of unknown outcome) the instance that was created nearest to
    /// it, nearest pairs first, and each instance at most one load.
    void match(bool accepted) {
        std::vector<std::tuple<std::int64_t, const Load*, Instant>> pairs;
        for (const Load& load : evidence_.loads) {
            if (load.accepted == accepted) add_pairs(load, pairs);
        }
        // Loads are compared by their place in `loads`, which is their order in time.
        std::sort(pairs.begin(), pairs.end());
        for (const auto& [distance, load, created] : pairs) {
            if (created_.contains(load) || trails_.at(created).load) continue;
            assign(*load, created);
        }
    }

    template <class Pairs>
    void add_pairs(const Load& load, Pairs& pairs) const {
        const Instant sent = load.stamp.asked;
        const Instant answered = load.stamp.answered;
        const Duration late = load.accepted ? created_late : created_late_unknown;
        const auto end = trails_.upper_bound(answered + late);
        for (auto at = trails_.lower_bound(sent - created_early); at != end; ++at) {
            if (at->second.load || was_seen_before(at->second, load)) continue;
            if (was_deleted_before(at->first, load)) continue;
            const Instant created = at->first;
            const Duration distance = outside(created, sent, answered);
            pairs.emplace_back(distance.micros, &load, created);
        }
    }

    /// A delete that came between ended what the load had begun.
    bool was_deleted_before(Instant created, const Load& load) const {
        return std::any_of(
            evidence_.deletions.begin(), evidence_.deletions.end(), [&](const Deletion& deletion) {
                return deletion.accepted && deletion.stamp.asked >= load.stamp.answered &&
                       deletion.stamp.answered < created;
            });
    }

    /// Beyond what the clocks of the gateways that saw it and that loaded may differ by.
    static bool was_seen_before(const Trail& trail, const Load& load) {
        const Duration doubt = doubt_of(trail.first->stamp.offset) + doubt_of(load.stamp.offset);
        return trail.first->stamp.answered + std::min(doubt, created_early) < load.stamp.asked;
    }
    static Duration doubt_of(const ClockOffset& offset) {
        return offset.uncertainty.value_or(created_early);
    }

    void assign(const Load& load, Instant created) {
        created_[&load] = created;
        Trail& trail = trails_.at(created);
        if (!trail.load) trail.load = &load;
    }

    /// An accepted load in whose window nothing was created: the instance that answered next, up
    /// to the next load, tells what it did.
    void adopt(const Load& load) {
        const auto* next = next_accepted(load);
        const auto begin = std::lower_bound(
            evidence_.observations.begin(), evidence_.observations.end(), load.stamp.answered,
            [](const Observation& seen, Instant at) { return seen.stamp.asked < at; });
        for (auto seen = begin; seen != evidence_.observations.end(); ++seen) {
            if (next && seen->stamp.asked >= next->stamp.asked) return;
            if (!seen->is_alive() || !seen->created) continue;
            judge(load, *seen);
            return;
        }
    }

    void judge(const Load& load, const Observation& seen) {
        const Trail& trail = trails_.at(*seen.created);
        if (!trail.load && !was_seen_before(trail, load)) {
            // Nothing else can be alive after an accepted load: the two clocks disagree.
            if (*seen.created < load.stamp.asked) assign(load, *seen.created);
        } else if (has_ended(*seen.created, load)) {
            assign(load, *seen.created);  // this upstream keeps `created` over a reload
        } else {
            started_nothing_.insert(&load);  // one instance is one session
        }
    }

    /// Whether the instance was known to have ended before the load was sent.
    bool has_ended(Instant created, const Load& load) const {
        for (const Observation& seen : evidence_.observations) {
            if (seen.is_alive() || seen.stamp.answered > load.stamp.asked) continue;
            if (seen.sight == Sight::absent ? seen.stamp.asked >= created : seen.created == created)
                return true;
        }
        return std::any_of(evidence_.deletions.begin(), evidence_.deletions.end(),
                           [&](const Deletion& deletion) {
                               return deletion.accepted && deletion.stamp.asked >= created &&
                                      deletion.stamp.answered <= load.stamp.asked;
                           });
    }

    const Load* next_accepted(const Load& load) const {
        const Load* const end = evidence_.loads.data() + evidence_.loads.size();
        for (const Load* next = &load + 1; next != end; ++next)
            if (next->accepted) return next;
        return nullptr;
    }

    const Evidence& evidence_;
    std::map<Instant, Trail> trails_;
    std::map<const Load*, Instant> created_;
    std::set<const Load*> started_nothing_;
};

}  // namespace

std::optional<Duration> distance_from_load(Instant created, Instant sent, Instant answered) {
    if (created < sent - created_early || created > answered + created_late) return std::nullopt;
    return outside(created, sent, answered);
}

std::vector<Opening> find_openings(const Evidence& evidence) {
    return OpeningFinder(evidence).openings();
}

}  // namespace lifecycle
