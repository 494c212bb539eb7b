#include "proxy/recorder.h"

#include "lifecycle/fact_json.h"

namespace proxy {

std::string_view Recorder::text_of(const lifecycle::Fact& fact) {
    text_.clear();
    lifecycle::append_json(fact, text_);
    return text_;
}

void Recorder::record(lifecycle::FactBody body) {
    if (gate_.is_recording()) gate_.add(text_of({clock_.now(), std::move(body)}));
}

void Recorder::record(lifecycle::FactBody body, GateWaiter& waiter) {
    gate_.add(text_of({clock_.now(), std::move(body)}), waiter, OutputGate::Claim::essential);
}

calendar::Instant Recorder::record_run_arrived(const Run& run, GateWaiter& waiter) {
    auto& fact = std::get<lifecycle::RunArrived>(arrived_.body);
    arrived_.occurred_at = clock_.now();
    fact.call = run.call;
    fact.key = run.key;
    fact.model = run.model;
    gate_.add(text_of(arrived_), waiter);
    return arrived_.occurred_at;
}

void Recorder::record_run_ended(const Run& run, const RunOutcome& outcome) {
    if (!gate_.is_recording()) return;
    auto& fact = std::get<lifecycle::RunEnded>(ended_.body);
    ended_.occurred_at = clock_.now();
    fact.call = run.call;
    fact.key = run.key;
    fact.model = run.model;
    fact.status = outcome.status;
    fact.request_bytes = outcome.request_bytes;
    fact.response_bytes = outcome.response_bytes;
    fact.disconnected = outcome.disconnected;
    fact.asked_at = outcome.asked_at;
    fact.date = outcome.date;
    gate_.add(text_of(ended_));
}

}  // namespace proxy
