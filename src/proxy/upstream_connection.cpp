#include "proxy/upstream_connection.h"

#include "platform/descriptors.h"
#include "platform/log.h"
#include "proxy/exchange.h"
#include "proxy/upstream_pool.h"

namespace proxy {
namespace {

/// Younger than this, an idle connection's end would have been reported by now.
constexpr std::int64_t trusted_idle_micros = 100'000;

}  // namespace

UpstreamConnection::UpstreamConnection(Services& services,
                                       const std::optional<Poco::Net::SocketAddress>& address)
    : services_(services) {
    if (address) {
        try {
            socket_.emplace(*address);
            if (services_.tls) socket_->use_tls(*services_.tls, services_.upstream_url.host);
            services_.loop.watch(socket_->descriptor(), *this);
        } catch (const std::exception& error) {
            platform::log(platform::Severity::warning, "proxy", "cannot connect to the upstream",
                          {{"why", error.what()}});
            socket_.reset();
        }
        lacks_descriptor_ = !socket_ && !platform::can_open_descriptor();
    }
    if (!socket_) services_.late.push_back(this);
    services_.timers.connect.arm(*this, services_.loop.now_micros());
}

void UpstreamConnection::assign(Exchange& exchange, bool reused) {
    exchange_ = &exchange;
    reused_ = reused;
    answered_ = false;
}

bool UpstreamConnection::is_stale() const {
    if (broken_ || !socket_ || socket_->is_hung_up()) return true;
    const std::int64_t idle = services_.loop.now_micros() - idle_since_micros_;
    return idle > trusted_idle_micros && socket_->peek_unexpected();
}

void UpstreamConnection::finish(bool clean) {
    exchange_ = nullptr;
    if (!clean || !in_.empty() || !out_.empty() || broken_ || socket_->is_hung_up() ||
        services_.stopping) {
        close();
        return;
    }
    idle_since_micros_ = services_.loop.now_micros();
    services_.timers.upstream_keep_alive.arm(*this, idle_since_micros_);
    services_.pool->give_back(*this);
}

void UpstreamConnection::close() {
    if (closed_) return;
    closed_ = true;
    exchange_ = nullptr;
    disarm();
    if (socket_) services_.loop.unwatch(socket_->descriptor());
    services_.pool->retire(*this);
}

void UpstreamConnection::fail(UpstreamFailure failure) {
    Exchange* const exchange = exchange_;
    if (failure == UpstreamFailure::ended && reused_ && !answered_) {
        failure = UpstreamFailure::stale;
    }
    if (failure == UpstreamFailure::unreachable && lacks_descriptor_) {
        failure = UpstreamFailure::no_descriptor;
    } else if (failure == UpstreamFailure::unreachable) {
        services_.upstream_address.refresh();
        if (socket_ && !socket_->failure().empty()) {
            platform::log(platform::Severity::warning, "proxy", "no TLS with the upstream",
                          {{"why", socket_->failure()}});
        }
    }
    close();
    if (exchange) exchange->on_upstream_failure(failure);
}

void UpstreamConnection::send(std::string_view bytes) {
    if (out_.empty() && is_connected() && !broken_) {
        const Socket::Moved moved = socket_->write(bytes);
        if (moved.outcome == Socket::Outcome::moved) bytes.remove_prefix(moved.bytes);
        if (moved.outcome == Socket::Outcome::failed) {
            // An answer may have come before the connection broke: it is read first.
            broken_ = true;
            services_.late.push_back(this);
        }
    }
    if (!bytes.empty() && !broken_) {
        out_.append(bytes);
        flush();
    }
    watch_time();
}

void UpstreamConnection::flush() {
    while (!out_.empty() && is_connected() && !broken_) {
        const Socket::Moved moved = socket_->write(out_.view());
        if (moved.outcome == Socket::Outcome::moved) {
            out_.consume(moved.bytes);
        } else if (moved.outcome == Socket::Outcome::failed) {
            broken_ = true;
            services_.late.push_back(this);
        } else {
            return;
        }
    }
}

void UpstreamConnection::on_events(std::uint32_t events) {
    if (closed_) return;
    socket_->on_events(events);
    if (!socket_->is_ready()) {
        switch (socket_->advance()) {
            case Socket::Progress::waiting:
                return;
            case Socket::Progress::failed:
                fail(UpstreamFailure::unreachable);
                return;
            case Socket::Progress::ready:
                disarm();
                break;
        }
    }
    const bool had_unsent = !out_.empty();
    flush();
    if (had_unsent && out_.empty() && exchange_) exchange_->on_upstream_drained();
    if (!closed_) pump();
}

void UpstreamConnection::on_late() {
    if (closed_) return;
    if (!socket_) {
        fail(UpstreamFailure::unreachable);
        return;
    }
    out_.clear();
    pump();
    // What the kernel still holds of an answer is read as the client takes it, up to the end.
    if (!closed_ && broken_ && exchange_ && !exchange_->is_answering()) {
        fail(UpstreamFailure::ended);
    }
}

void UpstreamConnection::pump() {
    if (pumping_ || closed_) return;
    if (!exchange_) {
        close_unexpected();
        return;
    }
    pumping_ = true;
    // An answer that waited for the call to be understood comes first.
    if (!in_.empty() && exchange_->wants_answer()) {
        const std::string waiting(in_.view());
        in_.clear();
        feed(waiting);
    }
    auto& buffer = services_.scratch.from_upstream;
    while (!closed_ && exchange_ && exchange_->wants_answer() && socket_->is_readable()) {
        const Socket::Moved moved = socket_->read(buffer.data(), buffer.size());
        switch (moved.outcome) {
            case Socket::Outcome::moved:
                feed({buffer.data(), moved.bytes});
                break;
            case Socket::Outcome::blocked:
                break;
            case Socket::Outcome::ended:
                end_of_stream(false);
                break;
            case Socket::Outcome::failed:
                end_of_stream(true);
                break;
        }
    }
    pumping_ = false;
    if (!closed_) watch_time();
}

void UpstreamConnection::feed(std::string_view bytes) {
    answered_ = true;
    const bool had_rest = !in_.empty();
    if (had_rest) in_.append(bytes);
    const std::string joined = had_rest ? std::string(in_.view()) : std::string();
    if (had_rest) bytes = joined;
    const std::size_t used = exchange_->take_answer(bytes);
    if (closed_) return;
    in_.clear();
    if (used < bytes.size()) in_.append(bytes.substr(used));
    if (exchange_ && exchange_->has_whole_answer()) exchange_->conclude_answer();
}

void UpstreamConnection::end_of_stream(bool broken) {
    if (exchange_->on_upstream_end(broken)) return;
    fail(UpstreamFailure::ended);
}

/// Idle connections are silent until their end.
void UpstreamConnection::close_unexpected() {
    char byte;
    if (!closed_ && socket_->is_readable() &&
        socket_->read(&byte, 1).outcome != Socket::Outcome::blocked) {
        close();
    }
}

void UpstreamConnection::on_expired() {
    if (closed_) return;
    if (exchange_) {
        fail(is_connected() ? UpstreamFailure::timeout : UpstreamFailure::unreachable);
    } else {
        close();
    }
}

void UpstreamConnection::watch_time() {
    if (closed_ || !exchange_ || !is_connected()) return;
    const std::int64_t now = services_.loop.now_micros();
    if (!out_.empty()) {
        services_.timers.idle.arm(*this, now);
    } else if (exchange_->is_answering()) {
        // While the client does not take the answer, the upstream's silence is not its fault.
        exchange_->wants_answer() ? services_.timers.idle.arm(*this, now) : disarm();
    } else if (!exchange_->has_whole_request()) {
        disarm();
    } else if (!armed_in(services_.timers.answer)) {
        services_.timers.answer.arm(*this, now);
    }
}

}  // namespace proxy
