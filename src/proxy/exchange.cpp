#include "proxy/exchange.h"

#include "proxy/client_connection.h"
#include "proxy/head_writer.h"
#include "proxy/upstream_pool.h"

namespace proxy {
namespace {

/// As much of a refused request's body is read to the end, so that the connection can be kept.
constexpr std::uint64_t discard_limit = 64u << 10;

bool is_repeatable_method(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

/// load and run are not: the first would open, the second would count twice.
bool is_repeatable_call(bytez::Call call) {
    return call == bytez::Call::status || call == bytez::Call::job ||
           call == bytez::Call::delete_instance;
}

bool is_observed(bytez::Call call) {
    return call == bytez::Call::status || call == bytez::Call::list ||
           call == bytez::Call::instances;
}

}  // namespace

Exchange::Exchange(Services& services, ClientConnection& client)
    : services_(services), client_(client), meter_(services), observation_(services) {}

void Exchange::end_flight() {
    if (in_flight_) --services_.in_flight;
    in_flight_ = false;
}

void Exchange::reset() {
    end_flight();
    upstream_ = nullptr;
    meter_.reset();
    observation_.reset();
    reading_ = Reading::head;
    answering_ = Answering::waiting;
    wait_ = Wait::none;
    treatment_ = Treatment::relay;
    keep_client_ = true;
    awaits_leave_ = is_http_1_0_ = is_head_ = is_safe_ = scanning_ = observing_ = upstream_clean_ =
        false;
    postponed_ = until_close_ = run_ended_ = editing_ = unchunking_ = false;
    attempts_ = 0;
    answer_status_ = 0;
    answer_date_.reset();
    request_search_.reset();
    answer_search_.reset();
    request_framer_.start({});
    refusal_.reset();
    outgoing_.clear();
    if (outgoing_.capacity() > 4096) outgoing_.shrink_to_fit();
}

bool Exchange::wants_request() const {
    return reading_ != Reading::done && !(upstream_ && upstream_->unsent() > high_water);
}

std::size_t Exchange::take_request(std::string_view bytes) {
    std::size_t used = 0;
    if (reading_ == Reading::head) used = take_head(bytes);
    // A refused request may be over by now, and this object at the next one.
    if (is_reading_body() && used < bytes.size()) used += take_body(bytes.substr(used));
    return used;
}

std::size_t Exchange::take_head(std::string_view bytes) {
    std::size_t blank = 0;  // RFC 9112, 2.2: empty lines before a request are ignored
    while (request_search_.size() == 0 && bytes.substr(blank).starts_with("\r\n")) blank += 2;
    const std::string_view rest = bytes.substr(blank);
    if (rest.empty() || rest == "\r") return blank;
    const HeadSearch::Outcome outcome = request_search_.look(rest);
    const std::size_t limit = services_.limits.head_bytes;
    RequestHead& head = services_.scratch.request_head;
    std::optional<OwnError> error;
    if (outcome == HeadSearch::Outcome::malformed) {
        error = errors::malformed("a line of the request's head is malformed");
    } else if (rest.size() > limit && request_search_.size() > limit) {
        error = errors::head_too_large;
    } else if (outcome == HeadSearch::Outcome::incomplete) {
        if (rest.size() <= limit) {
            if (blank != 0) request_search_.reset();
            return blank;
        }
        error = errors::head_too_large;
    } else if (const auto fault = parse_head(rest.substr(0, request_search_.size()),
                                             services_.limits.fields, head)) {
        error = *fault == too_many_fields ? errors::too_many_fields : errors::malformed(*fault);
    }
    if (error) {
        // Where the next request begins is not known.
        keep_client_ = false;
        reading_ = Reading::done;
        answer(*error);
        return bytes.size();
    }
    const std::size_t used = blank + request_search_.size();
    begin(head, used < bytes.size());
    return used;
}

void Exchange::begin(const RequestHead& head, bool body_follows) {
    keep_client_ = head.keep_alive;
    is_head_ = head.method == "HEAD";
    is_http_1_0_ = head.version_minor == 0;
    request_framer_.start(head.framing, BodyFramer::Of::request);
    reading_ = request_framer_.is_done() ? Reading::done : Reading::body;
    awaits_leave_ = head.expects_continue && reading_ == Reading::body && !body_follows;
    const Verdict verdict = services_.admission.judge(head);
    if (const auto error = judge(head, verdict)) {
        if (reading_ == Reading::body && head.framing.length > discard_limit) {
            keep_client_ = false;
            reading_ = Reading::done;
        }
        refuse(*error);
        return;
    }
    in_flight_ = true;
    ++services_.in_flight;
    treatment_ = verdict.treatment;
    scanning_ = treatment_ != Treatment::relay;
    if (verdict.call) {
        const std::string_view ours = services_.upstream_authorization;
        meter_.begin(*verdict.call, verdict.key,
                     ours.empty() ? head.find("authorization").value_or("") : ours);
        observing_ = is_observed(*verdict.call);
        editing_ = verdict.call == bytez::Call::instances && services_.options.ownership &&
                   services_.options.isolation == Isolation::refuse;
    }
    is_safe_ = verdict.call && treatment_ == Treatment::control
                   ? is_repeatable_call(*verdict.call)
                   : is_repeatable_method(head.method) && reading_ == Reading::done;
    RequestRewrite rewrite;
    rewrite.path_prefix = services_.upstream_url.prefix;
    rewrite.host = services_.upstream_url.authority;
    rewrite.authorization = services_.upstream_authorization;
    // A control call is read before the upstream hears of it, so leave to send it is ours to give.
    rewrite.without_encoding = editing_;
    rewrite.without_expect = treatment_ == Treatment::control;
    append_request_head(head, rewrite, outgoing_);
    if (awaits_leave_ && rewrite.without_expect) {
        client_.send("HTTP/1.1 100 Continue\r\n\r\n");
        awaits_leave_ = false;
    }
    if (reading_ == Reading::done) {
        const auto error = scanning_ ? meter_.finish_reading() : std::nullopt;
        error ? refuse(*error) : pass_on({});
    } else if (treatment_ != Treatment::control && head.expects_continue) {
        forward({});  // whether to send the body is for the upstream to say
    }
}

std::optional<OwnError> Exchange::judge(const RequestHead& head, const Verdict& verdict) {
    if (verdict.refusal) return verdict.refusal;
    const Limits& limits = services_.limits;
    const std::uint64_t limit =
        verdict.treatment == Treatment::control ? limits.control_body_bytes : limits.body_bytes;
    if (head.framing.length > limit) return errors::body_too_large;
    const bool must_be_recorded =
        verdict.call == bytez::Call::load || verdict.call == bytez::Call::run;
    if (must_be_recorded && !services_.gate.accepts()) return errors::cannot_record;
    // One must be able to stop paying, however many others are served.
    const bool is_full = services_.in_flight * services_.options.threads >= limits.in_flight;
    if (is_full && verdict.call != bytez::Call::delete_instance) return errors::too_busy;
    return {};
}

std::size_t Exchange::take_body(std::string_view bytes) {
    awaits_leave_ = false;
    std::size_t used = 0;
    while (used < bytes.size() && !request_framer_.is_done()) {
        const BodyFramer::Piece piece = request_framer_.next(bytes.substr(used));
        used += piece.consumed;
        if (request_framer_.is_faulty()) {
            keep_client_ = false;
            reading_ = Reading::done;
            refuse(refusal_.value_or(errors::malformed("the chunked framing is malformed")));
            return bytes.size();
        }
        if (refusal_) {
            if (request_framer_.data_bytes() <= discard_limit) continue;
            keep_client_ = false;
            break;
        }
        if (const auto error = inspect(piece)) {
            if (request_framer_.is_done()) reading_ = Reading::done;
            refuse(*error);
            if (reading_ != Reading::discarding) return used;
        }
    }
    const bool is_cut_short = refusal_ && !keep_client_;
    if (request_framer_.is_done() || is_cut_short) reading_ = Reading::done;
    if (refusal_) {
        if (reading_ == Reading::done) answer(*refusal_);
        return used;
    }
    if (reading_ == Reading::done && scanning_) {
        if (const auto error = meter_.finish_reading()) {
            // The upstream has not seen this last piece: it never holds a whole body that we
            // refuse.
            refuse(*error);
            return used;
        }
    }
    pass_on(bytes.substr(0, used));
    return used;
}

std::optional<OwnError> Exchange::inspect(const BodyFramer::Piece& piece) {
    const Limits& limits = services_.limits;
    if (treatment_ == Treatment::control) {
        // The framing counts too: a byte a chunk is a legal way to say little with much.
        if (request_framer_.data_bytes() > limits.control_body_bytes ||
            outgoing_.size() > limits.head_bytes + 8 * limits.control_body_bytes) {
            return errors::body_too_large;
        }
    } else if (request_framer_.data_bytes() > limits.body_bytes) {
        return errors::body_too_large;
    }
    return scanning_ ? meter_.read(piece.data) : std::nullopt;
}

void Exchange::pass_on(std::string_view raw) {
    switch (treatment_) {
        case Treatment::relay:
            forward(raw);
            return;
        case Treatment::stream:
            if (meter_.take_arrival()) {
                if (!services_.gate.accepts()) {
                    refuse(errors::cannot_record);
                    return;
                }
                arrive();
            }
            forward(raw);
            if (postponed_ && (meter_.has_arrived() || has_whole_request())) {
                postponed_ = false;
                if (upstream_) upstream_->pump();
            }
            return;
        case Treatment::control:
            outgoing_.append(raw);
            if (reading_ != Reading::done) return;
            if (meter_.is(bytez::Call::load) && services_.gate.is_recording()) {
                wait_ = Wait::load_intent;
                intent_waits_ = CallMeter::load_intent_waits;
                intent_lost_ = false;
                meter_.record_load_intent(*this);
            } else {
                forward_control();
            }
            return;
    }
}

/// The answer's bytes wait from now on, the request's do not: the record is written meanwhile.
void Exchange::arrive() {
    if (!services_.gate.is_recording()) return;
    wait_ = Wait::arrival;
    client_.hold();
    meter_.record_arrival(*this);
}

void Exchange::forward(std::string_view raw) {
    if (upstream_) {
        upstream_->send(raw);
    } else {
        upstream_ = &services_.pool->take(*this);
        outgoing_.append(raw);
        upstream_->send(outgoing_);
        if (!is_safe_) outgoing_.clear();
    }
    if (observing_) meter_.note_sent();
}

void Exchange::forward_control() {
    upstream_ = &services_.pool->take(*this);
    upstream_->send(outgoing_);
    if (upstream_->unsent() == 0) meter_.note_sent();
}

void Exchange::on_upstream_drained() {
    if (treatment_ == Treatment::control && answering_ == Answering::waiting) meter_.note_sent();
    if (reading_ != Reading::done) client_.pump();
}

void Exchange::on_client_drained() {
    if (upstream_) upstream_->pump();
}

void Exchange::refuse(const OwnError& error) {
    drop_upstream();
    end_run(false);
    if (awaits_leave_) {
        // Both would wait for ever: the client for leave, this side for the body.
        keep_client_ = false;
        reading_ = Reading::done;
    }
    if (answering_ == Answering::body) {
        cut_answer();
    } else if (reading_ == Reading::done) {
        answer(error);
    } else {
        reading_ = Reading::discarding;
        refusal_ = error;
    }
}

/// After it this object may be at the next request.
void Exchange::answer(const OwnError& error) {
    services_.counters.count(meter_.known_call(), error.status);
    if (services_.stopping) keep_client_ = false;
    std::string out;
    const std::string id =
        services_.request_id_prefix + "-" + std::to_string(services_.next_call().number);
    append_own_answer({error, !keep_client_, is_head_}, id, out);
    client_.send(out);
    answering_ = Answering::whole;
    client_.on_exchange_over();
}

void Exchange::drop_upstream() {
    if (!upstream_) return;
    UpstreamConnection* const upstream = upstream_;
    upstream_ = nullptr;
    upstream->close();
}

void Exchange::end_run(bool disconnected) {
    if (!meter_.has_arrived() || run_ended_) return;
    run_ended_ = true;
    meter_.record_run_end({answer_status_,
                           request_framer_.data_bytes(),
                           answer_status_ == 0 ? 0 : answer_framer_.data_bytes(),
                           disconnected,
                           {},
                           answer_date_});
}

bool Exchange::on_client_left() {
    const bool is_for_the_books = meter_.is_load_or_delete();
    return is_for_the_books && reading_ == Reading::done && !refusal_ &&
           (upstream_ || wait_ != Wait::none);
}

bool Exchange::on_client_timeout() {
    if (answering_ != Answering::waiting || reading_ == Reading::done) return false;
    keep_client_ = false;
    const OwnError error = reading_ == Reading::head ? errors::head_timeout : errors::body_timeout;
    reading_ = Reading::done;
    refuse(refusal_.value_or(error));
    return true;
}

void Exchange::abandon() {
    end_flight();
    drop_upstream();
    end_run(true);
    if (wait_ != Wait::none) {
        services_.gate.forget(*this);
        services_.errands.forget(*this);
    }
    if (wait_ == Wait::load_intent) meter_.drop_load_intent();
    wait_ = Wait::none;
}

}  // namespace proxy
