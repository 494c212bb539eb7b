#include "proxy/socket.h"

#include <Poco/Net/StreamSocketImpl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace proxy {
namespace {

Poco::Net::StreamSocket begin_connecting(const Poco::Net::SocketAddress& address) {
    Poco::Net::StreamSocket socket;
    socket.connectNB(address);
    return socket;
}

// Not by recv and send: as points where a thread may be cancelled, they cost two atomic operations
// each, and no thread of ours is.
ssize_t receive(int descriptor, char* into, std::size_t size, int flags) {
    return ::syscall(SYS_recvfrom, descriptor, into, size, flags, nullptr, nullptr);
}
ssize_t send_some(int descriptor, std::string_view bytes) {
    return ::syscall(SYS_sendto, descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL, nullptr, 0);
}

}  // namespace

Socket::Socket(int descriptor)
    : socket_(new Poco::Net::StreamSocketImpl(descriptor)),
      descriptor_(descriptor),
      stage_(Stage::ready),
      writable_(true) {
    const int on = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Socket::Socket(const Poco::Net::SocketAddress& address)
    : socket_(begin_connecting(address)),
      descriptor_(socket_.impl()->sockfd()),
      stage_(Stage::connecting) {
    const int on = 1;
    setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void Socket::use_tls(const TlsContext& context, const std::string& host) {
    tls_ = std::make_unique<TlsSession>(context, host, descriptor_);
}

void Socket::use_tls(std::shared_ptr<const TlsContext> context) {
    tls_ = std::make_unique<TlsSession>(std::move(context), descriptor_);
    stage_ = Stage::handshaking;
}

void Socket::drop_tls() {
    tls_.reset();
    stage_ = Stage::ready;
}

void Socket::on_events(std::uint32_t events) {
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) writable_ = true;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) hung_up_ = true;
    // Either direction of TLS may wait for the other one of TCP.
    if (tls_) readable_ = writable_ = true;
}

Socket::Progress Socket::advance() {
    if (stage_ == Stage::connecting) {
        if (!writable_) return Progress::waiting;
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return Progress::failed;
        stage_ = tls_ ? Stage::handshaking : Stage::ready;
    }
    if (stage_ == Stage::handshaking) {
        switch (tls_->handshake()) {
            case TlsSession::Outcome::done:
                stage_ = Stage::ready;
                readable_ = writable_ = true;
                break;
            case TlsSession::Outcome::want_read:
            case TlsSession::Outcome::want_write:
                return Progress::waiting;
            case TlsSession::Outcome::ended:
            case TlsSession::Outcome::failed:
                return Progress::failed;
        }
    }
    return Progress::ready;
}

Socket::Moved Socket::read(char* into, std::size_t size) {
    if (tls_) return tls_moved(tls_->read(into, size), true);
    const ssize_t count = receive(descriptor_, into, size, 0);
    if (count > 0) {
        received_ += static_cast<std::uint64_t>(count);
        // A short read has drained the socket, and what comes later makes a new edge; but an end
        // that was reported together with these bytes makes none.
        if (static_cast<std::size_t>(count) < size && !hung_up_) readable_ = false;
        return {Outcome::moved, static_cast<std::size_t>(count)};
    }
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        if (errno == EAGAIN) readable_ = false;
        return {Outcome::blocked};
    }
    readable_ = false;
    return {count == 0 ? Outcome::ended : Outcome::failed};
}

Socket::Moved Socket::write(std::string_view bytes) {
    if (stage_ != Stage::ready || !writable_) return {Outcome::blocked};
    if (tls_) return tls_moved(tls_->write(bytes.data(), bytes.size()), false);
    const ssize_t count = send_some(descriptor_, bytes);
    if (count >= 0) return {Outcome::moved, static_cast<std::size_t>(count)};
    if (errno == EINTR) return {Outcome::moved, 0};
    if (errno != EAGAIN) return {Outcome::failed};
    writable_ = false;
    return {Outcome::blocked};
}

Socket::Moved Socket::tls_moved(TlsSession::Moved moved, bool reading) {
    switch (moved.outcome) {
        case TlsSession::Outcome::done:
            return {Outcome::moved, moved.bytes};
        case TlsSession::Outcome::want_read:
        case TlsSession::Outcome::want_write:
            (reading ? readable_ : writable_) = false;
            return {Outcome::blocked};
        case TlsSession::Outcome::ended:
            readable_ = false;
            return {Outcome::ended};
        case TlsSession::Outcome::failed:
            break;
    }
    readable_ = false;
    return {Outcome::failed};
}

bool Socket::peek_unexpected() const {
    char byte;
    const ssize_t count = receive(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count > 0) return !tls_;  // TLS has messages of its own between answers
    return count == 0 || errno != EAGAIN;
}

std::size_t Socket::untaken_bytes() const {
    int bytes = 0;
    return ::ioctl(descriptor_, SIOCOUTQ, &bytes) == 0 ? static_cast<std::size_t>(bytes) : 0;
}

void Socket::shutdown_sending() {
    if (tls_) tls_->shutdown();
    ::shutdown(descriptor_, SHUT_WR);
}

void Socket::reset_on_close() {
    const linger option{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &option, sizeof option);
}

const std::string& Socket::failure() const {
    static const std::string nothing;
    return tls_ ? tls_->failure() : nothing;
}

}  // namespace proxy
