// The instances that are watched: a table by model and key, and the order in which they are due.
// Not thread-safe: the watcher keeps it under its mutex.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "lifecycle/fact.h"
#include "platform/crypto.h"
#include "watcher/credential_store.h"
#include "watcher/schedule.h"

namespace watcher {

struct Watch {
    InstanceKey instance;
    std::string credential;  // secret: the Authorization field's value
    std::uint64_t id = 0;    // tells a watch from a later one of the same instance
    Known known;
    calendar::Instant began;                          // when watching began, gateway clock
    calendar::Instant due;                            // when to ask
    bool asking = false;                              // a question is under way: one at a time
    bool hurried = false;                             // became due anew while it was
    std::optional<std::string> gb;                    // requiredRAM as the facts have it
    calendar::Instant list_due;                       // not before: ask the catalogue
    std::optional<lifecycle::InstanceSeen> recorded;  // the last such fact
    calendar::Instant recorded_at;
    /// The last look that was not worth a fact: it becomes one when the next is a denial, so that
    /// the gap in which an unseen end lies is as narrow as it was seen to be.
    std::optional<lifecycle::Fact> unrecorded;
};

/// A load that is under way: what a restart must know of it in case its answer is lost.
struct Intent {
    Watch doubtful;
    int loads = 0;  // under way at once
};

class Watches {
  public:
    Watch* find(const InstanceKey& instance);
    /// The watch of this instance under whichever key: the same key, the same credential, or the
    /// same `created`.
    Watch* find_alike(const InstanceKey& instance, const std::string& credential,
                      std::optional<calendar::Instant> created);
    /// Adds or replaces; absent when the table is full.
    Watch* add(Watch watch);
    void remove(Watch& watch);

    /// The watch that is due first and that no question is under way for.
    Watch* first_due();
    void set_due(Watch& watch, calendar::Instant due);
    void begin_question(Watch& watch);
    /// Whether it became due anew meanwhile.
    bool end_question(Watch& watch, calendar::Instant due);

    std::size_t size() const { return watches_.size(); }

    static constexpr std::size_t limit = 50'000;

  private:
    using Place = std::pair<lifecycle::ModelName, lifecycle::KeyFingerprint>;
    static Place place_of(const InstanceKey& instance) { return {instance.model, instance.key}; }

    std::map<Place, Watch> watches_;
    std::set<std::pair<calendar::Instant, Watch*>> queue_;  // those not being asked
    std::uint64_t next_id_ = 1;
};

/// What a restart needs of a watch, as sealed bytes.
std::string seal(const Watch& watch, const platform::SealingKey& key);
/// Absent: not sealed by this key, or not for this instance.
std::optional<Watch> unseal(const InstanceKey& instance, const std::string& sealed,
                            const platform::SealingKey& key);

}  // namespace watcher
