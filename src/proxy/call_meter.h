// What one call of the API means for the books: reads its body as it passes, and records its facts.
// Knows nothing of sockets; the exchange asks it and obeys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bytez/request_scanner.h"
#include "bytez/route.h"
#include "lifecycle/fact.h"
#include "proxy/own_answer.h"
#include "proxy/services.h"

namespace proxy {

class CallMeter {
  public:
    explicit CallMeter(Services& services) : services_(services) {}

    /// `key`: what the Authorization field carries, absent: none. `credential`: the field's value
    /// as it goes upstream.
    void begin(bytez::Call call, std::optional<std::string_view> key, std::string_view credential);
    void reset();

    bytez::Call call() const { return call_; }
    std::optional<bytez::Call> known_call() const {
        return active_ ? std::optional(call_) : std::nullopt;
    }
    bool is(bytez::Call call) const { return active_ && call_ == call; }
    bool is_load_or_delete() const {
        return is(bytez::Call::load) || is(bytez::Call::delete_instance);
    }
    const lifecycle::KeyFingerprint& key() const { return key_; }
    const lifecycle::ModelName& model() const { return model_; }
    const std::string& credential() const { return credential_; }

    // Reading the body; what they return is why the request is refused.
    std::optional<OwnError> read(std::string_view data);
    std::optional<OwnError> finish_reading();

    /// A run's model and key are known: its arrival can be recorded. True once.
    bool take_arrival();
    bool has_arrived() const { return arrived_; }

    // Facts. Each wait ends in `waiter`.
    void record_arrival(GateWaiter& waiter);
    void record_run_end(Recorder::RunOutcome outcome);
    /// Two things make it durable, and `waiter` is told of each: its fact is on disk, and so is
    /// what the upstream can be asked with about it after a crash.
    void record_load_intent(GateWaiter& waiter);
    static constexpr int load_intent_waits = 2;
    /// The load was not forwarded after all.
    void drop_load_intent();
    void note_sent() { sent_at_ = services_.recorder.now(); }
    /// A load's or a delete's final answer; status 0: forwarded, and none came. A delete's waiter
    /// is told at once where nothing can be recorded: a customer must be able to stop paying.
    void record_answer(int status, std::optional<calendar::Instant> date, GateWaiter& waiter);
    calendar::Instant sent_at() const { return sent_at_; }
    /// Another account holds this model's instance.
    bool is_foreign(const lifecycle::ModelName& model) const;

  private:
    std::optional<OwnError> check_ownership() const;
    std::optional<OwnError> learn_names();

    Services& services_;
    bool active_ = false;
    bytez::Call call_ = bytez::Call::list;
    bytez::RequestScanner scanner_;
    bool has_header_key_ = false;
    bool has_body_key_ = false;
    bool knows_model_ = false;
    bool finished_ = false;
    bool arrived_ = false;
    lifecycle::CallId id_;
    lifecycle::KeyFingerprint key_;
    lifecycle::ModelName model_;
    lifecycle::LoadOptions options_;
    std::optional<std::string> gb_;
    std::string credential_;
    calendar::Instant sent_at_;
    calendar::Instant arrived_at_;  // a run's
};

}  // namespace proxy
