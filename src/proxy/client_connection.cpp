#include "proxy/client_connection.h"

#include <sys/epoll.h>

#include <algorithm>

#include "platform/log.h"
#include "proxy/own_answer.h"

namespace proxy {

ClientConnection::ClientConnection(Services& services, Owner& owner, int descriptor,
                                   ConnectionCount::Seat seat)
    : services_(services),
      owner_(owner),
      seat_(std::move(seat)),
      socket_(descriptor),
      exchange_(services, *this) {
    if (services_.client_tls)
        socket_.use_tls(services_.client_tls->current(services_.loop.now_micros()));
    services_.loop.watch(descriptor, *this);
    watch_time();
}

void ClientConnection::on_events(std::uint32_t events) {
    if (closed_ || gone_) return;
    socket_.on_events(events);
    if (events & (EPOLLERR | EPOLLHUP)) {
        // Both directions are gone: unlike a client that has only finished sending, this one hears
        // no answer any more.
        leave();
        return;
    }
    if (!socket_.is_ready() && !shake_hands()) return;
    flush();
    if (!closed_) pump();
}

bool ClientConnection::shake_hands() {
    const Socket::Progress progress = socket_.advance();
    if (progress == Socket::Progress::ready) watch_time();
    if (progress != Socket::Progress::failed) return progress == Socket::Progress::ready;
    platform::log(platform::Severity::debug, "proxy", "no TLS with a client",
                  {{"why", socket_.failure()}});
    if (!socket_.met_plain_http()) {
        close();
        return false;
    }
    socket_.drop_tls();
    std::string answer;
    append_own_answer({errors::needs_tls, true}, services_.request_id_prefix, answer);
    send(answer);
    begin_drain();
    return false;
}

void ClientConnection::send(std::string_view bytes) {
    if (gone_ || broken_ || bytes.empty()) return;
    // Until it blocks: TLS takes a record at a time, and no edge comes for the next.
    while (out_.empty() && !held_ && !bytes.empty()) {
        const Socket::Moved moved = socket_.write(bytes);
        if (moved.outcome == Socket::Outcome::failed) {
            broken_ = true;
            services_.late.push_back(this);
            return;
        }
        if (moved.outcome != Socket::Outcome::moved) break;
        bytes.remove_prefix(moved.bytes);
        sent_ += moved.bytes;
    }
    out_.append(bytes);
    // From here on it is the client's turn: nothing else calls for a client that stands still.
    if (!out_.empty() && !held_) begin_window(services_.timers.send, Moving::answer);
}

void ClientConnection::flush() {
    if (held_ || out_.empty()) return;
    while (!out_.empty()) {
        const Socket::Moved moved = socket_.write(out_.view());
        if (moved.outcome == Socket::Outcome::failed) {
            leave();
            return;
        }
        if (moved.outcome != Socket::Outcome::moved) break;
        out_.consume(moved.bytes);
        sent_ += moved.bytes;
    }
    if (out_.size() < high_water / 2) exchange_.on_client_drained();
    settle();
    if (!closed_) watch_time();
}

void ClientConnection::release() {
    held_ = false;
    if (gone_) {
        settle();
        return;
    }
    flush();
    if (closed_ || gone_) return;
    settle();
    if (!closed_) pump();
}

void ClientConnection::on_exchange_over() {
    over_ = true;
    settle();
    if (!closed_ && !over_) pump();
}

/// When the answer has left whole, the next request's turn comes, or the end.
void ClientConnection::settle() {
    if (!over_ || closed_ || held_) return;
    if (gone_) {
        over_ = false;
        close();
        return;
    }
    if (!out_.empty()) return;
    over_ = false;
    exchange_.end_flight();
    if (exchange_.keeps_client()) {
        exchange_.reset();
    } else if (cut_ == Cut::looks_whole) {
        socket_.reset_on_close();
        close();
    } else {
        begin_drain();
    }
}

/// Closing with unread input would reset the connection and could take the answer with it.
void ClientConnection::begin_drain() {
    draining_ = true;
    in_.clear();
    socket_.shutdown_sending();
    services_.timers.drain.arm(*this, services_.loop.now_micros());
    pump();
}

void ClientConnection::pump() {
    if (pumping_ || closed_ || gone_) return;
    pumping_ = true;
    take_waiting();
    while (!closed_ && !gone_ && socket_.is_readable() &&
           (draining_ || exchange_.wants_request())) {
        read_some();
        take_waiting();
    }
    pumping_ = false;
    if (!closed_ && !gone_) watch_time();
}

void ClientConnection::read_some() {
    auto& buffer = services_.scratch.from_client;
    const Socket::Moved moved = socket_.read(buffer.data(), buffer.size());
    switch (moved.outcome) {
        case Socket::Outcome::moved:
            if (!draining_) take({buffer.data(), moved.bytes});
            return;
        case Socket::Outcome::blocked:
            return;
        case Socket::Outcome::ended:
            on_end();
            return;
        case Socket::Outcome::failed:
            on_end();
            return;
    }
}

void ClientConnection::take(std::string_view bytes) {
    if (in_.empty()) bytes.remove_prefix(exchange_.take_request(bytes));
    if (!closed_ && !gone_ && !draining_) in_.append(bytes);
}

/// Requests that came together with an earlier one, and heads that came in pieces.
void ClientConnection::take_waiting() {
    while (!closed_ && !gone_ && !draining_ && !in_.empty() && exchange_.wants_request()) {
        const std::size_t used = exchange_.take_request(in_.view());
        if (closed_ || gone_ || draining_) return;
        if (used == 0) return;
        in_.consume(used);
    }
}

void ClientConnection::on_end() {
    if (draining_ || exchange_.is_between_requests()) {
        close();
    } else {
        leave();
    }
}

void ClientConnection::on_late() {
    if (!closed_ && !gone_) leave();
}

/// The client is gone. What must be finished for the books goes on without it.
void ClientConnection::leave() {
    if (closed_ || gone_) return;
    if (draining_ || !exchange_.on_client_left()) {
        close();
        return;
    }
    gone_ = true;
    disarm();
    out_.clear();
    services_.loop.unwatch(socket_.descriptor());
}

void ClientConnection::on_answer_cut(Cut cut) {
    cut_ = cut;
    on_exchange_over();
}

void ClientConnection::close() {
    if (closed_) return;
    closed_ = true;
    disarm();
    exchange_.abandon();
    services_.loop.unwatch(socket_.descriptor());
    owner_.retire(*this);
}

void ClientConnection::wind_down() {
    watch_time();
}

void ClientConnection::on_expired() {
    if (closed_ || gone_) return;
    if (draining_ || (exchange_.is_between_requests() && in_.empty())) {
        close();
    } else if (keeps_pace()) {
        watch_time();
    } else if (!out_.empty() || !exchange_.on_client_timeout()) {
        // What the kernel holds would be delivered at the pace of the one who was too slow.
        socket_.reset_on_close();
        leave();
    }
}

/// Bytes that have gone through since the connection's beginning. Of an answer: what the client's
/// side has taken, for the kernel takes much at once, and tells of room for more late.
std::uint64_t ClientConnection::moved(Moving what) const {
    if (what == Moving::body) return socket_.received_bytes();
    return sent_ - std::min<std::uint64_t>(sent_, socket_.untaken_bytes());
}

/// Whether the window that has passed brought as much as it must.
bool ClientConnection::keeps_pace() const {
    if (moving_ == Moving::nothing) return false;
    const Timeouts& timeouts = services_.options.timeouts;
    const calendar::Duration window = moving_ == Moving::body ? timeouts.body : timeouts.send;
    const std::uint64_t least =
        services_.limits.bytes_per_second * static_cast<std::uint64_t>(window.micros) / 1'000'000;
    return moved(moving_) >= moved_before_ + std::max<std::uint64_t>(least, 1);
}

void ClientConnection::begin_window(TimerQueue& queue, Moving what) {
    if (armed_in(queue)) return;
    queue.arm(*this, services_.loop.now_micros());
    moving_ = what;
    moved_before_ = moved(what);
}

void ClientConnection::watch_time() {
    if (closed_ || gone_ || draining_) return;
    TimerQueues& timers = services_.timers;
    const std::int64_t now = services_.loop.now_micros();
    if (!socket_.is_ready()) {
        TimerQueue& queue = services_.stopping ? timers.farewell : timers.head;
        if (!armed_in(queue)) queue.arm(*this, now);
        return;
    }
    if (!out_.empty() && !held_) {
        begin_window(timers.send, Moving::answer);
        return;
    }
    if (exchange_.is_reading_body() && exchange_.wants_request()) {
        begin_window(timers.body, Moving::body);
        return;
    }
    moving_ = Moving::nothing;
    if (exchange_.is_between_requests()) {
        if (!in_.empty()) {
            if (!armed_in(timers.head)) timers.head.arm(*this, now);
        } else {
            (services_.stopping ? timers.farewell : timers.keep_alive).arm(*this, now);
        }
    } else {
        disarm();
    }
}

}  // namespace proxy
