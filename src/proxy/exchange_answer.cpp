#include "bytez/answer.h"
#include "proxy/client_connection.h"
#include "proxy/exchange.h"
#include "proxy/head_writer.h"
#include "proxy/instance_filter.h"
#include "proxy/upstream_pool.h"

namespace proxy {
namespace {

OwnError error_of(UpstreamFailure failure) {
    switch (failure) {
        case UpstreamFailure::no_descriptor:
            return errors::no_descriptor;
        case UpstreamFailure::unreachable:
            return errors::unreachable;
        case UpstreamFailure::stale:
        case UpstreamFailure::ended:
            return errors::upstream_failed;
        case UpstreamFailure::garbage:
            return errors::upstream_garbage;
        case UpstreamFailure::timeout:
            return errors::upstream_timeout;
    }
    return errors::upstream_failed;
}

}  // namespace

bool Exchange::wants_answer() const {
    return answering_ != Answering::whole && !postponed_ && client_.unsent() <= high_water;
}

std::size_t Exchange::take_answer(std::string_view bytes) {
    std::string& out = services_.scratch.to_client;
    out.clear();
    std::size_t used = 0;
    while (answering_ == Answering::waiting) {
        switch (take_answer_head(bytes, used, out)) {
            case HeadOutcome::taken:
                break;
            case HeadOutcome::later:
                client_.send(out);
                return used;
            case HeadOutcome::failed:
                fail_answer();
                return used;
        }
    }
    const std::size_t body = used;
    while (used < bytes.size() && !answer_framer_.is_done()) {
        const BodyFramer::Piece piece = answer_framer_.next(bytes.substr(used));
        used += piece.consumed;
        if (answer_framer_.is_faulty()) {
            fail_answer();
            return used;
        }
        if (observing_) observation_.add(piece.data);
        if (unchunking_) out.append(piece.data);
    }
    if (answer_framer_.is_done()) answering_ = Answering::whole;
    if (editing_) return used;
    if (unchunking_) {
        client_.send(out);
    } else if (out.empty()) {
        client_.send(bytes.substr(body, used - body));
    } else {
        out.append(bytes, body, used - body);
        client_.send(out);
    }
    return used;
}

Exchange::HeadOutcome Exchange::take_answer_head(std::string_view bytes, std::size_t& used,
                                                 std::string& out) {
    const std::string_view rest = bytes.substr(used);
    const Limits& limits = services_.limits;
    AnswerHead& head = services_.scratch.answer_head;
    if (rest.empty()) return HeadOutcome::later;
    switch (answer_search_.look(rest)) {
        case HeadSearch::Outcome::found:
            if (answer_search_.size() > limits.head_bytes) return HeadOutcome::failed;
            break;
        case HeadSearch::Outcome::malformed:
            return HeadOutcome::failed;
        case HeadSearch::Outcome::incomplete:
            return rest.size() > limits.head_bytes ? HeadOutcome::failed : HeadOutcome::later;
    }
    const std::size_t size = answer_search_.size();
    answer_search_.reset();
    if (parse_head(rest.substr(0, size), limits.fields, is_head_, head) || head.status == 101) {
        return HeadOutcome::failed;
    }
    if (head.status / 100 == 1) {
        if (!is_http_1_0_) {
            append_answer_head(head, {}, out);
            out.append("\r\n");
        }
        awaits_leave_ = awaits_leave_ && head.status != 100;
        used += size;
        return HeadOutcome::taken;
    }
    if (treatment_ == Treatment::stream && !meter_.has_arrived() && !has_whole_request() &&
        head.status < 300) {
        // A success before the model is known can't be recorded yet: it waits for the request.
        postponed_ = true;
        return HeadOutcome::later;
    }
    used += size;
    begin_answer(head, out);
    return HeadOutcome::taken;
}

void Exchange::begin_answer(const AnswerHead& head, std::string& out) {
    answer_status_ = head.status;
    services_.counters.count(meter_.known_call(), head.status);
    upstream_clean_ = head.keep_alive;
    unchunking_ = is_http_1_0_ && head.framing.kind == Framing::Kind::chunked;
    until_close_ = unchunking_ || head.framing.kind == Framing::Kind::until_close;
    if (until_close_ || reading_ != Reading::done || services_.stopping) keep_client_ = false;
    answer_framer_.start(head.framing);
    answering_ = answer_framer_.is_done() ? Answering::whole : Answering::body;
    const bool is_final = meter_.is_load_or_delete();
    if (is_final || (meter_.is(bytez::Call::run) && services_.gate.is_recording())) {
        if (const auto date = head.find("date")) answer_date_ = bytez::parse_http_date(*date);
    }
    if (is_final) record_final(head.status, answer_date_);
    if (observing_) observation_.begin(head);
    editing_ = editing_ && head.status / 100 == 2;
    if (editing_) {
        edited_head_.clear();
        append_answer_head(head, {.closes = !keep_client_, .without_framing = true}, edited_head_);
    } else {
        append_answer_head(head, {.closes = !keep_client_, .without_framing = unchunking_}, out);
        out.append("\r\n");
    }
}

/// From here on nothing of the final answer leaves until its fact is durable.
void Exchange::record_final(int status, std::optional<calendar::Instant> date) {
    wait_ = Wait::final_answer;
    client_.hold();
    meter_.record_answer(status, date, *this);
}

void Exchange::conclude_answer() {
    end_run(false);
    UpstreamConnection* const upstream = upstream_;
    upstream_ = nullptr;
    if (upstream) upstream->finish(upstream_clean_ && reading_ == Reading::done);
    if (reading_ != Reading::done) keep_client_ = false;
    reading_ = Reading::done;
    const bool is_shown = !editing_ || send_edited();
    if (observing_) observation_.finish(meter_);
    is_shown ? client_.on_exchange_over() : answer(errors::upstream_garbage);
}

/// What of the instances is the caller's own; false: the answer can't be understood, so nothing.
bool Exchange::send_edited() {
    const auto body = observation_.plain_body();
    const auto kept =
        body ? keep_own_instances(*body, meter_.key(), *services_.options.ownership) : std::nullopt;
    if (!kept) return false;
    client_.send(edited_head_ + "Content-Length: " + std::to_string(kept->size()) + "\r\n\r\n" +
                 *kept);
    return true;
}

bool Exchange::on_upstream_end(bool broken) {
    if (broken || answering_ != Answering::body || !answer_framer_.end_at_close()) return false;
    answering_ = Answering::whole;
    upstream_clean_ = false;
    conclude_answer();
    return true;
}

/// What has come of the answer is the client's; that it is not the whole must be seen.
void Exchange::cut_answer() {
    end_run(false);
    answering_ = Answering::whole;
    reading_ = Reading::done;
    keep_client_ = false;
    client_.on_answer_cut(until_close_ ? ClientConnection::Cut::looks_whole
                                       : ClientConnection::Cut::visible);
}

void Exchange::fail_answer() {
    drop_upstream();
    on_upstream_failure(UpstreamFailure::garbage);
}

bool Exchange::may_send_again(UpstreamFailure failure) const {
    const bool is_kept = !outgoing_.empty() && reading_ == Reading::done;
    if (!is_kept || attempts_ != 0) return false;
    if (failure == UpstreamFailure::unreachable) return true;  // nothing was sent
    return failure == UpstreamFailure::stale && is_safe_;
}

void Exchange::send_again() {
    ++attempts_;
    answer_search_.reset();
    upstream_ = &services_.pool->take_new(*this);
    upstream_->send(outgoing_);
}

void Exchange::on_upstream_failure(UpstreamFailure failure) {
    upstream_ = nullptr;
    if (editing_ && answering_ == Answering::body) answering_ = Answering::waiting;
    if (answering_ == Answering::body) {
        cut_answer();
        return;
    }
    if (may_send_again(failure)) {
        send_again();
        return;
    }
    if (meter_.is_load_or_delete()) {
        // What was never forwarded has a known outcome: our own refusal.
        const bool was_sent =
            failure != UpstreamFailure::unreachable && failure != UpstreamFailure::no_descriptor;
        record_final(was_sent ? 0 : error_of(failure).status, {});
    }
    refuse(error_of(failure));
}

void Exchange::on_gate(bool durable) {
    const Wait wait = wait_;
    wait_ = Wait::none;
    switch (wait) {
        case Wait::none:
            return;
        case Wait::load_intent:
            on_intent_kept(durable);
            return;
        case Wait::final_answer:
            // A customer must be able to stop paying, recorded or not.
            if (durable || meter_.is(bytez::Call::delete_instance)) {
                client_.release();
            } else {
                lose_record();
            }
            return;
        case Wait::arrival:
            durable ? client_.release() : lose_record();
            return;
    }
}

void Exchange::on_intent_kept(bool kept) {
    intent_lost_ = intent_lost_ || !kept;
    if (--intent_waits_ != 0) {
        wait_ = Wait::load_intent;
    } else if (intent_lost_) {
        meter_.drop_load_intent();
        answer(errors::cannot_record);
    } else {
        forward_control();
    }
}

/// The answer is there or on its way, but what it stands on is not on disk: it is not given.
void Exchange::lose_record() {
    drop_upstream();
    client_.discard_unsent();
    run_ended_ = true;  // of an arrival that is not in the books
    keep_client_ = false;
    reading_ = Reading::done;
    answer(errors::cannot_record);
    client_.release();
}

}  // namespace proxy
