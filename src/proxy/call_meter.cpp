#include "proxy/call_meter.h"

#include "platform/log.h"

namespace proxy {

using bytez::Call;

void CallMeter::reset() {
    active_ = knows_model_ = finished_ = arrived_ = has_header_key_ = has_body_key_ = false;
    scanner_.reset();
    options_ = {};
    gb_.reset();
    credential_.clear();
}

void CallMeter::begin(Call call, std::optional<std::string_view> key, std::string_view credential) {
    active_ = true;
    call_ = call;
    id_ = services_.next_call();
    has_header_key_ = key.has_value();
    // Without any key the call is the nobody's, whose fingerprint is that of the empty text: an
    // upstream that answers it all the same has not slipped past the meter.
    key_ = services_.fingerprints.of(key.value_or(""));
    credential_ = credential;
}

std::optional<OwnError> CallMeter::read(std::string_view data) {
    if (scanner_.feed(data) == bytez::RequestScanner::State::bad) {
        return errors::bad_body(scanner_.error());
    }
    if (const auto error = learn_names()) return error;
    return knows_model_ ? check_ownership() : std::nullopt;
}

std::optional<OwnError> CallMeter::finish_reading() {
    if (scanner_.finish() == bytez::RequestScanner::State::bad) {
        return errors::bad_body(scanner_.error());
    }
    finished_ = true;
    if (!scanner_.model() || scanner_.model()->empty()) return errors::no_model;
    if (const auto error = learn_names()) return error;
    if (call_ == Call::load) {
        if (scanner_.has_odd_concurrency()) return errors::bad_concurrency;
        options_.concurrency = scanner_.concurrency().value_or(options_.concurrency);
        options_.expiration_seconds =
            scanner_.expiration_seconds().value_or(options_.expiration_seconds);
        if (const auto entry = services_.catalogue.find(model_)) gb_ = entry->required_ram;
    }
    return check_ownership();
}

std::optional<OwnError> CallMeter::learn_names() {
    if (!has_body_key_ && scanner_.key()) {
        has_body_key_ = true;
        const lifecycle::KeyFingerprint key = services_.fingerprints.of(*scanner_.key());
        // The header's counts, but an upstream may take the other where that one is no good.
        if (has_header_key_ && key != key_) return errors::two_keys;
        if (!has_header_key_) credential_ = "Key " + std::string(*scanner_.key());
        has_header_key_ = true;
        key_ = key;
    }
    if (!knows_model_ && scanner_.model()) {
        knows_model_ = true;
        model_.assign(*scanner_.model());
    }
    return {};
}

std::optional<OwnError> CallMeter::check_ownership() const {
    if (services_.options.isolation == Isolation::share) return {};
    if (call_ == Call::load || call_ == Call::job) return {};
    if (is_foreign(model_)) return errors::model_not_found;
    return {};
}

bool CallMeter::is_foreign(const lifecycle::ModelName& model) const {
    const Ownership* const ownership = services_.options.ownership;
    return ownership && ownership->is_foreign(key_, model);
}

bool CallMeter::take_arrival() {
    if (arrived_ || !knows_model_ || !(has_header_key_ || finished_)) return false;
    return arrived_ = true;
}

void CallMeter::record_arrival(GateWaiter& waiter) {
    arrived_at_ = services_.recorder.record_run_arrived({id_, key_, model_}, waiter);
}

void CallMeter::record_run_end(Recorder::RunOutcome outcome) {
    outcome.asked_at = arrived_at_;
    services_.recorder.record_run_ended({id_, key_, model_}, outcome);
}

void CallMeter::record_load_intent(GateWaiter& waiter) {
    lifecycle::LoadRequested intent{id_, key_, model_, options_, gb_};
    services_.observer.on_load_intent(intent, credential_, services_.errands.begin(waiter));
    services_.recorder.record(std::move(intent), waiter);
}

void CallMeter::drop_load_intent() {
    services_.observer.on_load_refused(key_, model_);
}

void CallMeter::record_answer(int status, std::optional<calendar::Instant> date,
                              GateWaiter& waiter) {
    const bool accepted = status / 100 == 2;
    if (call_ == Call::load) {
        lifecycle::LoadAnswered fact{id_,    key_,     model_,   options_, gb_,
                                     status, accepted, sent_at_, date};
        // Refused because it is there already: perhaps by a load whose answer a crash lost. With
        // managed keys it may be anybody's.
        const bool is_there =
            (status == 409 || status == 429) && services_.upstream_authorization.empty();
        if (!services_.gate.is_recording()) return waiter.on_gate(true);
        if (accepted || status == 0 || is_there) {
            services_.observer.on_load(fact, credential_);
        } else {
            services_.observer.on_load_refused(key_, model_);
        }
        services_.recorder.record(std::move(fact), waiter);
        return;
    }
    lifecycle::DeleteAnswered fact{id_, key_, model_, status, sent_at_, date};
    services_.observer.on_delete(fact, credential_);
    if (!services_.gate.is_recording()) return waiter.on_gate(true);
    if (services_.gate.accepts_essential()) {
        services_.recorder.record(std::move(fact), waiter);
        return;
    }
    platform::log(platform::Severity::error, "proxy", "a delete is answered but not recorded",
                  {{"model", model_.text()}, {"status", status}});
    waiter.on_gate(true);
}

}  // namespace proxy
