// One TCP connection as an edge-triggered loop needs it: remembers which directions the kernel last
// reported ready, so that nobody asks in vain and no edge is lost. Plain, or TLS on either
// side. Owns the descriptor through Poco's socket.
#pragma once

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/tls.h"

namespace proxy {

class Socket {
  public:
    enum class Outcome {
        moved,    // `bytes` of them
        blocked,  // nothing now; an edge will come
        ended,    // the peer sends no more
        failed,   // the connection is broken
    };
    struct Moved {
        Outcome outcome;
        std::size_t bytes = 0;
    };
    enum class Progress { waiting, ready, failed };

    /// An accepted connection.
    explicit Socket(int descriptor);
    /// Begins to connect. Throws Poco::Exception when even that fails (no descriptors left).
    explicit Socket(const Poco::Net::SocketAddress& address);

    int descriptor() const { return descriptor_; }
    /// Before the first event of a connecting socket.
    void use_tls(const TlsContext& context, const std::string& host);
    /// Of an accepted one.
    void use_tls(std::shared_ptr<const TlsContext> context);
    /// The handshake failed because the peer spoke HTTP without TLS.
    bool met_plain_http() const { return tls_ && tls_->met_plain_http(); }
    /// From now on the bytes pass as they are.
    void drop_tls();

    /// What epoll reported.
    void on_events(std::uint32_t events);
    /// Connecting and the handshake; `ready` from then on.
    Progress advance();
    bool is_ready() const { return stage_ == Stage::ready; }

    bool is_readable() const { return readable_; }
    Moved read(char* into, std::size_t size);
    Moved write(std::string_view bytes);
    /// The peer has shut down its side or the whole connection: read to the end to know.
    bool is_hung_up() const { return hung_up_; }
    /// Whether bytes or an end wait unread although no edge was seen yet; a system call.
    bool peek_unexpected() const;

    /// Of what was written, what the peer's side has not confirmed; a system call.
    std::size_t untaken_bytes() const;

    /// Bytes that have come, of TLS as they came: a record counts before it is whole.
    std::uint64_t received_bytes() const { return tls_ ? tls_->received_bytes() : received_; }

    void shutdown_sending();
    /// Closing will reset the connection: the peer must not take what it has for the whole.
    void reset_on_close();
    const std::string& failure() const;

  private:
    enum class Stage { connecting, handshaking, ready };
    Moved tls_moved(TlsSession::Moved moved, bool reading);

    Poco::Net::StreamSocket socket_;
    int descriptor_;
    Stage stage_;
    bool readable_ = false;
    bool writable_ = false;
    bool hung_up_ = false;
    std::uint64_t received_ = 0;  // without TLS
    std::unique_ptr<TlsSession> tls_;
};

}  // namespace proxy
