#include "proxy/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "platform/log.h"

namespace proxy {
namespace {

constexpr std::int64_t pause_micros = 100'000;
constexpr std::int64_t log_micros = 10'000'000;
constexpr int backlog = 1024;
constexpr int accepts_per_pass = 64;

Poco::Net::SocketAddress parse_address(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos || colon + 1 == address.size()) {
        throw std::runtime_error("gateway.listen: '" + address + "' is not ADDRESS:PORT");
    }
    try {
        return Poco::Net::SocketAddress(address);
    } catch (const Poco::Exception& error) {
        throw std::runtime_error("gateway.listen: '" + address + "': " + error.displayText());
    }
}

}  // namespace

std::vector<Poco::Net::ServerSocket> listen_on(const std::string& text, std::size_t count) {
    Poco::Net::SocketAddress address = parse_address(text);
    std::vector<Poco::Net::ServerSocket> sockets;
    try {
        if (count > 1) {
            // A shared port would be shared with another gateway too: this one would not be told.
            Poco::Net::ServerSocket probe;
            probe.bind(address, true, false);
            address = probe.address();
        }
        for (std::size_t i = 0; i < count; ++i) {
            Poco::Net::ServerSocket socket;
            socket.bind(address, true, count > 1);
            socket.listen(backlog);
            socket.setBlocking(false);
            address = socket.address();
            sockets.push_back(socket);
        }
    } catch (const Poco::Exception& error) {
        throw std::runtime_error("gateway.listen: cannot listen on " + text + ": " +
                                 error.displayText());
    }
    return sockets;
}

Acceptor::Acceptor(EventLoop& loop, Poco::Net::ServerSocket socket, Taker& taker)
    : loop_(loop), socket_(std::move(socket)), taker_(taker) {
    loop_.watch_level(socket_.impl()->sockfd(), *this);
}

void Acceptor::on_events(std::uint32_t) {
    for (int i = 0; i < accepts_per_pass && !stopped_; ++i) {
        if (!taker_.can_take()) {
            pause("as many connections as may be");
            return;
        }
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        const int descriptor =
            ::accept4(socket_.impl()->sockfd(), reinterpret_cast<sockaddr*>(&peer), &size,
                      SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            taker_.take(descriptor, client_address_of(peer));
        } else if (errno == EAGAIN) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause(std::strerror(errno));
            return;
        }
    }
}

void Acceptor::pause(const char* why) {
    if (!watched_) return;
    // As long as the crowd lasts it pauses ten times a second: that is not news each time.
    if (loop_.now_micros() >= next_log_micros_) {
        platform::log(platform::Severity::warning, "proxy", "accepting pauses", {{"why", why}});
        next_log_micros_ = loop_.now_micros() + log_micros;
    }
    watched_ = false;
    resume_micros_ = loop_.now_micros() + pause_micros;
    loop_.unwatch(socket_.impl()->sockfd());
}

void Acceptor::end_pass() {
    if (watched_ || stopped_ || loop_.now_micros() < resume_micros_) return;
    if (!taker_.can_take()) {
        resume_micros_ = loop_.now_micros() + pause_micros;
        return;
    }
    watched_ = true;
    loop_.watch_level(socket_.impl()->sockfd(), *this);
}

std::int64_t Acceptor::next_deadline() const {
    return watched_ || stopped_ ? std::numeric_limits<std::int64_t>::max() : resume_micros_;
}

void Acceptor::stop() {
    if (stopped_) return;
    stopped_ = true;
    if (watched_) loop_.unwatch(socket_.impl()->sockfd());
    socket_.close();
}

}  // namespace proxy
