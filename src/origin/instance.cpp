#include "origin/instance.h"

#include <utility>

#include "platform/invariant.h"

namespace origin {

Instance::Instance(lifecycle::ModelName model, LoadOptions options, InstanceLimits limits,
                   calendar::Instant created)
    : model_(std::move(model)),
      options_(options),
      limits_(limits),
      created_(created),
      modified_(created) {
    platform::invariant(options.concurrency > 0 && options.expiration_seconds > 0);
}

void Instance::enter(State state, calendar::Instant now) {
    state_ = state;
    modified_ = now;
}

void Instance::on_processes_started(calendar::Instant now) {
    if (state_ == State::deploying) enter(State::instantiating, now);
}

void Instance::on_engine_listening(calendar::Instant now) {
    if (state_ < State::starting) enter(State::starting, now);
}

void Instance::on_replica_ready(calendar::Instant now) {
    if (!is_booting()) return;
    on_engine_listening(now);
    ready_replicas_ += 1;
    if (ready_replicas_ < options_.concurrency) return;
    enter(State::running, now);
    idle_since_ = now;
}

void Instance::on_failure(calendar::Instant now, std::string error) {
    if (is_over()) return;
    enter(State::failed, now);
    error_ = std::move(error);
}

void Instance::on_stop(calendar::Instant now) {
    if (!is_over()) enter(State::stopped, now);
}

Instance::RunDecision Instance::on_run_arrival(calendar::Instant now) {
    if (state_ != State::running) return RunDecision::not_running;
    runs_in_flight_ += 1;
    inferences_ += 1;
    modified_ = now;
    return RunDecision::accepted;
}

void Instance::on_run_end(calendar::Instant now, RunEnd end) {
    platform::invariant(runs_in_flight_ > 0, model_.text());
    runs_in_flight_ -= 1;
    if (end == RunEnd::unanswered) inferences_ -= 1;
    if (state_ != State::running) return;
    modified_ = now;
    if (end == RunEnd::answered) idle_since_ = now;
}

std::optional<calendar::Instant> Instance::expires_at() const {
    if (state_ != State::running || runs_in_flight_ > 0) return std::nullopt;
    return idle_since_ + calendar::Duration::seconds(options_.expiration_seconds);
}

std::optional<calendar::Instant> Instance::next_due() const {
    if (is_booting()) return created_ + limits_.boot_limit;
    const auto expiry = expires_at();
    if (!expiry) return std::nullopt;
    return *expiry + limits_.spin_down;
}

Instance::Due Instance::due(calendar::Instant now) const {
    const auto when = next_due();
    if (!when || now < *when) return Due::nothing;
    return is_booting() ? Due::boot_timed_out : Due::expired;
}

bytez::InstanceReport Instance::report() const {
    bytez::InstanceReport report;
    report.model = model_;
    report.status = to_text(state_);
    report.concurrency = options_.concurrency;
    report.inferences = inferences_;
    report.expiration_seconds = options_.expiration_seconds;
    report.expires_at = expires_at();
    report.created = created_;
    report.modified = modified_;
    if (state_ == State::failed) report.error = error_;
    return report;
}

std::string_view to_text(Instance::State state) {
    switch (state) {
        case Instance::State::deploying:
            return "DEPLOYING";
        case Instance::State::instantiating:
            return "INSTANTIATING";
        case Instance::State::starting:
            return "STARTING";
        case Instance::State::running:
            return "RUNNING";
        case Instance::State::failed:
            return "FAILED";
        case Instance::State::stopped:
            return "STOPPED";
    }
    return "";
}

}  // namespace origin
