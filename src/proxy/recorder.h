// Turns what happened on a call into facts and hands their text to the gate. One per loop; the
// facts of runs are kept and refilled, so that recording a run allocates nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "calendar/clock.h"
#include "lifecycle/fact.h"
#include "proxy/output_gate.h"

namespace proxy {

class Recorder {
  public:
    Recorder(OutputGate& gate, const calendar::Clock& clock) : gate_(gate), clock_(clock) {}

    /// Nobody waits for it.
    void record(lifecycle::FactBody body);
    /// Of a load or a delete; the waiter is told when it is durable.
    void record(lifecycle::FactBody body, GateWaiter& waiter);

    struct Run {
        lifecycle::CallId call;
        const lifecycle::KeyFingerprint& key;
        const lifecycle::ModelName& model;
    };
    /// When it arrived.
    calendar::Instant record_run_arrived(const Run& run, GateWaiter& waiter);
    struct RunOutcome {
        int status = 0;
        std::uint64_t request_bytes = 0;
        std::uint64_t response_bytes = 0;
        bool disconnected = false;
        std::optional<calendar::Instant> asked_at = {};
        std::optional<calendar::Instant> date = {};
    };
    void record_run_ended(const Run& run, const RunOutcome& outcome);

    calendar::Instant now() const { return clock_.now(); }

  private:
    std::string_view text_of(const lifecycle::Fact& fact);

    OutputGate& gate_;
    const calendar::Clock& clock_;
    lifecycle::Fact arrived_{{}, lifecycle::RunArrived{}};
    lifecycle::Fact ended_{{}, lifecycle::RunEnded{}};
    std::string text_;
};

}  // namespace proxy
