#include "proxy/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "platform/log.h"

namespace proxy {
namespace {

constexpr std::int64_t pause_micros = 100'000;
constexpr std::int64_t log_micros = 10'000'000;
constexpr int accepts_per_pass = 64;

}  // namespace

Acceptor::Acceptor(EventLoop& loop, Listener listener, Taker& taker)
    : loop_(loop), listener_(std::move(listener)), taker_(taker) {
    loop_.watch_level(listener_.descriptor(), *this);
}

void Acceptor::on_events(std::uint32_t) {
    if (!stopped_) accept_some();
}

void Acceptor::accept_some() {
    more_ = true;
    for (int i = 0; i < accepts_per_pass; ++i) {
        if (!taker_.can_take()) {
            pause("as many connections as may be");
            return;
        }
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        const int descriptor = ::accept4(listener_.descriptor(), reinterpret_cast<sockaddr*>(&peer),
                                         &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            taker_.take(descriptor, client_address_of(peer));
        } else if (errno == EAGAIN) {
            more_ = false;
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause(std::strerror(errno));
            return;
        }
    }
}

void Acceptor::pause(const char* why) {
    more_ = false;
    if (!watched_) return;
    // As long as the crowd lasts it pauses ten times a second: that is not news each time.
    if (loop_.now_micros() >= next_log_micros_) {
        platform::log(platform::Severity::warning, "proxy", "accepting pauses", {{"why", why}});
        next_log_micros_ = loop_.now_micros() + log_micros;
    }
    watched_ = false;
    resume_micros_ = loop_.now_micros() + pause_micros;
    loop_.unwatch(listener_.descriptor());
}

void Acceptor::end_pass() {
    if (watched_ || stopped_ || loop_.now_micros() < resume_micros_) return;
    if (!taker_.can_take()) {
        resume_micros_ = loop_.now_micros() + pause_micros;
        return;
    }
    watched_ = true;
    loop_.watch_level(listener_.descriptor(), *this);
}

std::int64_t Acceptor::next_deadline() const {
    return watched_ || stopped_ ? std::numeric_limits<std::int64_t>::max() : resume_micros_;
}

void Acceptor::stop() {
    if (stopped_) return;
    stopped_ = true;
    // Closing resets what waits in a queue that nobody else has: these clients did connect.
    do {
        if (listener_.queue() == Listener::Queue::kept) break;
        accept_some();
    } while (more_);
    if (watched_) loop_.unwatch(listener_.descriptor());
    listener_.close();
}

}  // namespace proxy
