// One life of a loaded model, from its load to its end, as api-semantics.md settles it: states,
// the expiry clock, what a run does to both. Pure: it is told what happened and when, and asked
// what is due; processes, sockets and waiting are the fleet's (fleet.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bytez/answer.h"
#include "calendar/instant.h"
#include "lifecycle/ids.h"

namespace origin {

/// What a load asks for. `concurrency`: replicas, at least 1. `expiration_seconds`: how long an
/// instance may be idle, at least 1.
struct LoadOptions {
    std::int64_t concurrency = 1;
    std::int64_t expiration_seconds = 1800;
};

/// What the host decides. `boot_limit`: from load to RUNNING, after it the boot has failed.
/// `spin_down`: from expiry to the real stop, when a run can still revive the instance.
struct InstanceLimits {
    calendar::Duration boot_limit = calendar::Duration::seconds(600);
    calendar::Duration spin_down = calendar::Duration::seconds(0);
};

class Instance {
  public:
    enum class State { deploying, instantiating, starting, running, failed, stopped };
    enum class Due { nothing, boot_timed_out, expired };
    enum class RunDecision { accepted, not_running };
    /// `unanswered`: the engine could not be reached, or the run never began. It does not count.
    enum class RunEnd { answered, unanswered };

    Instance(lifecycle::ModelName model, LoadOptions options, InstanceLimits limits,
             calendar::Instant created);

    // The boot, forwards only; what comes late or twice changes nothing.
    void on_processes_started(calendar::Instant now);  // deploying → instantiating
    void on_engine_listening(calendar::Instant now);   // → starting
    void on_replica_ready(calendar::Instant now);      // the last one: → running

    void on_failure(calendar::Instant now, std::string error);  // booting, running → failed
    void on_stop(calendar::Instant now);  // any but failed and stopped → stopped

    RunDecision on_run_arrival(calendar::Instant now);
    /// Every accepted run ends once; also after the instance has.
    void on_run_end(calendar::Instant now, RunEnd end);

    Due due(calendar::Instant now) const;
    /// When `due` changes next, if nothing else happens.
    std::optional<calendar::Instant> next_due() const;

    State state() const { return state_; }
    bool is_booting() const { return state_ < State::running; }
    bool is_over() const { return state_ > State::running; }
    const LoadOptions& options() const { return options_; }
    calendar::Instant created() const { return created_; }
    /// What status and instances print. No expiry while booting, over, or with a run in flight.
    bytez::InstanceReport report() const;

  private:
    void enter(State state, calendar::Instant now);
    std::optional<calendar::Instant> expires_at() const;

    lifecycle::ModelName model_;
    LoadOptions options_;
    InstanceLimits limits_;
    calendar::Instant created_;

    State state_ = State::deploying;
    calendar::Instant modified_;
    calendar::Instant idle_since_;  // valid from running on
    std::int64_t ready_replicas_ = 0;
    std::int64_t runs_in_flight_ = 0;
    std::int64_t inferences_ = 0;
    std::string error_;
};

/// As the API spells it: DEPLOYING, …
std::string_view to_text(Instance::State state);

}  // namespace origin
