#include "origin/fleet.h"

#include <algorithm>
#include <chrono>

#include "platform/clock.h"
#include "platform/log.h"

namespace origin {

/// An instance and what it runs on; under the fleet's mutex but for `replicas[i].replica->port()`.
struct LoadedInstance {
    struct Place {
        std::unique_ptr<Replica> replica;  // goes when its thread has ended
        bool is_ready = false;
        bool is_busy = false;
        bool has_ended = false;
    };
    LoadedInstance(Instance new_life, std::size_t replicas)
        : life(std::move(new_life)), places(replicas) {}

    Instance life;
    std::vector<Place> places;
    std::deque<std::uint64_t> queue;  // tickets of waiting runs
    std::size_t started = 0;
};

namespace {

using Milliseconds = std::chrono::milliseconds;

// Nothing is this far away: a wait that no event ends is ended by this.
constexpr calendar::Duration kLongestWait = calendar::Duration::seconds(60);
// How soon a waiting run notices that its client has gone.
constexpr Milliseconds kWantedCheck(200);

std::chrono::microseconds as_chrono(calendar::Duration duration) {
    return std::chrono::microseconds(std::max<std::int64_t>(0, duration.micros));
}

bool has_replicas(const LoadedInstance& instance) {
    return std::any_of(instance.places.begin(), instance.places.end(),
                       [](const auto& place) { return place.replica != nullptr; });
}

/// `created` is an instance's identity on the wire, where it has milliseconds: never the same
/// twice.
calendar::Instant next_created(calendar::Instant now, const LoadedInstance* previous) {
    if (previous == nullptr) return now;
    return std::max(now, previous->life.created() + calendar::Duration::milliseconds(1));
}

void log_state(const LoadedInstance& instance, std::string_view event) {
    const auto report = instance.life.report();
    platform::log(platform::Severity::info, "origin", event,
                  {{"model", report.model.text()}, {"state", report.status}});
}

}  // namespace

RunLease::RunLease(Fleet& fleet, std::shared_ptr<LoadedInstance> instance, std::size_t replica,
                   std::uint16_t port)
    : fleet_(&fleet), instance_(std::move(instance)), replica_(replica), port_(port) {}

RunLease::~RunLease() {
    if (instance_) fleet_->end_run(instance_, replica_, end_);
}

Fleet::Fleet(const calendar::Clock& clock, std::string engine_directory, FleetLimits limits)
    : clock_(clock), engine_directory_(std::move(engine_directory)), limits_(limits) {
    keeper_ = std::thread([this] { keep(); });
}

Fleet::~Fleet() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        for (auto& [model, instance] : instances_) {
            instance->life.on_stop(clock_.now());
            end_replicas(*instance);
        }
    }
    changed_.notify_all();
    keeper_.join();  // it buries the replicas first
}

Fleet::LoadOutcome Fleet::load(const CatalogueEntry& entry, LoadOptions options) {
    const std::lock_guard lock(mutex_);
    Shared& current = instances_[entry.name];
    if (current) {
        if (current->life.state() == Instance::State::running) return LoadOutcome::already_loaded;
        // Also while the engines of the last life are still being ended.
        if (current->life.is_booting() || has_replicas(*current)) return LoadOutcome::in_progress;
    }
    const auto created = next_created(clock_.now(), current.get());
    const InstanceLimits limits{entry.boot_limit, limits_.spin_down};
    current = std::make_shared<LoadedInstance>(Instance(entry.name, options, limits, created),
                                               static_cast<std::size_t>(options.concurrency));
    start_replicas(entry, current);
    log_state(*current, "load");
    changed_.notify_all();
    return LoadOutcome::started;
}

void Fleet::start_replicas(const CatalogueEntry& entry, const Shared& instance) try {
    for (std::size_t i = 0; i < instance->places.size(); ++i) {
        instance->places[i].replica = std::make_unique<Replica>(
            entry, engine_directory_, limits_.kill_grace, events_of(instance, i));
    }
} catch (const std::exception& error) {
    // The load was accepted; that it failed is told as a failed boot.
    instance->life.on_failure(clock_.now(), error.what());
    end_replicas(*instance);
}

ReplicaEvents Fleet::events_of(const Shared& instance, std::size_t replica) {
    // Weak: the instance owns the replica that owns these.
    const std::weak_ptr<LoadedInstance> weak = instance;
    const auto locked = [this, weak](auto act) {
        const std::lock_guard lock(mutex_);
        if (const Shared shared = weak.lock()) act(*shared);
        changed_.notify_all();
    };
    ReplicaEvents events;
    events.on_started = [this, locked] {
        locked([this](LoadedInstance& it) {
            it.started += 1;
            if (it.started == it.places.size()) it.life.on_processes_started(clock_.now());
        });
    };
    events.on_listening = [this, locked] {
        locked([this](LoadedInstance& it) { it.life.on_engine_listening(clock_.now()); });
    };
    events.on_ready = [this, locked, replica] {
        locked([this, replica](LoadedInstance& it) {
            it.places[replica].is_ready = true;
            it.life.on_replica_ready(clock_.now());
            if (it.life.state() == Instance::State::running) log_state(it, "ready");
        });
    };
    events.on_end = [this, locked, replica](const std::string& last_words) {
        locked([this, replica, &last_words](LoadedInstance& it) {
            it.places[replica].has_ended = true;
            it.places[replica].is_ready = false;
            if (it.life.is_over()) return;
            // One replica's crash is the instance's: it was paid for as a whole.
            it.life.on_failure(clock_.now(), last_words);
            end_replicas(it);
            log_state(it, "engine ended by itself");
        });
    };
    return events;
}

void Fleet::end_replicas(LoadedInstance& instance) {
    for (auto& place : instance.places) {
        if (place.replica) place.replica->request_end();
    }
}

std::optional<bytez::InstanceReport> Fleet::find(const lifecycle::ModelName& model) const {
    const std::lock_guard lock(mutex_);
    const auto found = instances_.find(model);
    if (found == instances_.end()) return std::nullopt;
    return found->second->life.report();
}

std::vector<bytez::InstanceReport> Fleet::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<bytez::InstanceReport> reports;
    for (const auto& [model, instance] : instances_) {
        if (!instance->life.is_over()) reports.push_back(instance->life.report());
    }
    return reports;
}

bool Fleet::remove(const lifecycle::ModelName& model) {
    std::unique_lock lock(mutex_);
    const auto found = instances_.find(model);
    if (found == instances_.end()) return false;
    const Shared instance = found->second;
    if (!instance->life.is_over()) {
        instance->life.on_stop(clock_.now());
        end_replicas(*instance);
        log_state(*instance, "delete");
    }
    changed_.notify_all();
    // SIGKILL cannot be refused; the bound is for a kernel that is slow to take memory back.
    const auto limit = as_chrono(limits_.kill_grace + calendar::Duration::seconds(2));
    changed_.wait_for(lock, limit, [&] { return !has_replicas(*instance); });
    return true;
}

std::vector<pid_t> Fleet::engine_pids(const lifecycle::ModelName& model) const {
    const std::lock_guard lock(mutex_);
    std::vector<pid_t> pids;
    const auto found = instances_.find(model);
    if (found == instances_.end()) return pids;
    for (const auto& place : found->second->places) {
        if (place.replica && place.replica->engine_pid() != 0) {
            pids.push_back(place.replica->engine_pid());
        }
    }
    return pids;
}

void Fleet::poke() {
    const std::lock_guard lock(mutex_);  // or it could fall between a look and the wait after it
    changed_.notify_all();
}

std::optional<std::size_t> Fleet::free_replica(const LoadedInstance& instance) const {
    for (std::size_t i = 0; i < instance.places.size(); ++i) {
        if (instance.places[i].is_ready && !instance.places[i].is_busy) return i;
    }
    return std::nullopt;
}

namespace {

Fleet::RunRefusal refusal_of(const Instance& life) {
    if (life.is_booting()) return Fleet::RunRefusal::booting;
    return life.state() == Instance::State::failed ? Fleet::RunRefusal::failed
                                                   : Fleet::RunRefusal::stopped;
}

}  // namespace

std::optional<RunLease> Fleet::begin_run(const lifecycle::ModelName& model,
                                         const std::function<bool()>& is_wanted,
                                         RunRefusal& refusal) {
    std::unique_lock lock(mutex_);
    const auto found = instances_.find(model);
    if (found == instances_.end()) {
        refusal = RunRefusal::not_loaded;
        return std::nullopt;
    }
    const Shared instance = found->second;
    auto& queue = instance->queue;
    const bool must_wait = !queue.empty() || !free_replica(*instance);
    if (must_wait && queue.size() >= limits_.queue_per_replica * instance->places.size()) {
        refusal = instance->life.state() == Instance::State::running ? RunRefusal::busy
                                                                     : refusal_of(instance->life);
        return std::nullopt;
    }
    const std::uint64_t ticket = next_ticket_++;
    queue.push_back(ticket);
    const std::int64_t deadline = platform::monotonic_micros() + limits_.queue_limit.micros;
    std::optional<RunLease> lease;
    for (;;) {
        const auto free = free_replica(*instance);
        if (instance->life.state() != Instance::State::running) {
            refusal = refusal_of(instance->life);
        } else if (queue.front() == ticket && free) {
            instance->places[*free].is_busy = true;
            (void)instance->life.on_run_arrival(clock_.now());
            lease.emplace(*this, instance, *free, instance->places[*free].replica->port());
        } else if (platform::monotonic_micros() >= deadline) {
            refusal = RunRefusal::busy;
        } else if (!is_wanted()) {
            refusal = RunRefusal::client_gone;
        } else {
            changed_.wait_for(lock, kWantedCheck);
            continue;
        }
        break;
    }
    std::erase(queue, ticket);
    changed_.notify_all();
    return lease;
}

void Fleet::end_run(const Shared& instance, std::size_t replica, Instance::RunEnd end) {
    const std::lock_guard lock(mutex_);
    instance->places[replica].is_busy = false;
    instance->life.on_run_end(clock_.now(), end);
    changed_.notify_all();
}

void Fleet::attend_due(calendar::Instant now) {
    for (auto& [model, instance] : instances_) {
        switch (instance->life.due(now)) {
            case Instance::Due::nothing:
                continue;
            case Instance::Due::boot_timed_out:
                instance->life.on_failure(now, "the engine was not ready in time");
                log_state(*instance, "boot timed out");
                break;
            case Instance::Due::expired:
                instance->life.on_stop(now);
                log_state(*instance, "expired");
                break;
        }
        end_replicas(*instance);
        changed_.notify_all();
    }
}

/// Replicas whose thread has nothing left to do.
std::vector<std::unique_ptr<Replica>> Fleet::take_ended() {
    std::vector<std::unique_ptr<Replica>> ended;
    for (auto& [model, instance] : instances_) {
        for (auto& place : instance->places) {
            if (place.replica && place.has_ended) ended.push_back(std::move(place.replica));
        }
    }
    return ended;
}

calendar::Duration Fleet::until_next_due(calendar::Instant now) const {
    calendar::Duration wait = kLongestWait;
    for (const auto& [model, instance] : instances_) {
        if (const auto due = instance->life.next_due()) wait = std::min(wait, *due - now);
    }
    return wait;
}

void Fleet::keep() {
    std::unique_lock lock(mutex_);
    for (;;) {
        const auto now = clock_.now();
        attend_due(now);
        auto ended = take_ended();
        if (!ended.empty()) {
            lock.unlock();
            ended.clear();  // joins their threads, which may want the mutex for a last word
            lock.lock();
            changed_.notify_all();
            continue;
        }
        const bool all_gone = std::none_of(instances_.begin(), instances_.end(),
                                           [](const auto& it) { return has_replicas(*it.second); });
        if (stopping_ && all_gone) return;
        changed_.wait_for(lock, as_chrono(until_next_due(now)));
    }
}

}  // namespace origin
