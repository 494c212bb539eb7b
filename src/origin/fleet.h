// All instances of this host: loads, runs, expiry, ends. Joins the pure Instance with its replicas
// and keeps the clock; one instance a model. Knows nothing of HTTP.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "calendar/clock.h"
#include "origin/instance.h"
#include "origin/replica.h"

namespace origin {

struct FleetLimits {
    calendar::Duration spin_down = calendar::Duration::seconds(0);
    calendar::Duration kill_grace = calendar::Duration::milliseconds(600);
    calendar::Duration queue_limit = calendar::Duration::seconds(30);  // how long a run waits
    std::size_t queue_per_replica = 8;                                 // how many runs wait
};

class Fleet;
struct LoadedInstance;

/// The right to run on one replica, until it goes.
class RunLease {
  public:
    RunLease(Fleet& fleet, std::shared_ptr<LoadedInstance> instance, std::size_t replica,
             std::uint16_t port);
    RunLease(RunLease&&) = default;
    RunLease& operator=(RunLease&&) = delete;
    ~RunLease();
    std::uint16_t port() const { return port_; }
    /// The engine answered: the run counts, whatever the answer was.
    void set_answered() { end_ = Instance::RunEnd::answered; }

  private:
    Fleet* fleet_;
    std::shared_ptr<LoadedInstance> instance_;  // shared: it may be deleted while a run is on it
    std::size_t replica_;
    std::uint16_t port_;
    Instance::RunEnd end_ = Instance::RunEnd::unanswered;
};

class Fleet {
  public:
    enum class LoadOutcome { started, already_loaded, in_progress };
    enum class RunRefusal { not_loaded, booting, failed, stopped, busy, client_gone };

    Fleet(const calendar::Clock& clock, std::string engine_directory, FleetLimits limits);
    ~Fleet();  // ends all engines
    Fleet(const Fleet&) = delete;
    Fleet& operator=(const Fleet&) = delete;

    LoadOutcome load(const CatalogueEntry& entry, LoadOptions options);
    /// The last instance of the model, running or over; absent: never loaded.
    std::optional<bytez::InstanceReport> find(const lifecycle::ModelName& model) const;
    /// Those that are loaded: booting or running.
    std::vector<bytez::InstanceReport> list() const;
    /// Ends the model's instance; returns when its processes are gone, within the kill grace and a
    /// moment. False: nothing was ever loaded.
    bool remove(const lifecycle::ModelName& model);
    /// The engines' processes that are there; for measuring and for tests of crashes.
    std::vector<pid_t> engine_pids(const lifecycle::ModelName& model) const;
    /// Looks at what is due now: for a clock that does not go by itself.
    void poke();
    /// Waits for a replica in the order of arrival. `is_wanted` is asked now and then meanwhile.
    /// The lease, or why there is none.
    std::optional<RunLease> begin_run(const lifecycle::ModelName& model,
                                      const std::function<bool()>& is_wanted, RunRefusal& refusal);

  private:
    friend class RunLease;
    using Shared = std::shared_ptr<LoadedInstance>;

    void start_replicas(const CatalogueEntry& entry, const Shared& instance);
    ReplicaEvents events_of(const Shared& instance, std::size_t replica);
    void end_replicas(LoadedInstance& instance);  // under mutex_
    void end_run(const Shared& instance, std::size_t replica, Instance::RunEnd end);
    void keep();  // the keeper's thread: what is due, and the burial of ended replicas
    void attend_due(calendar::Instant now);
    std::vector<std::unique_ptr<Replica>> take_ended();
    calendar::Duration until_next_due(calendar::Instant now) const;
    std::optional<std::size_t> free_replica(const LoadedInstance& instance) const;

    // constant after construction
    const calendar::Clock& clock_;
    const std::string engine_directory_;
    const FleetLimits limits_;

    // under mutex_
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<lifecycle::ModelName, Shared> instances_;
    std::uint64_t next_ticket_ = 1;
    bool stopping_ = false;

    std::thread keeper_;
};

}  // namespace origin
