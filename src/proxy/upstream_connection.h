// A connection to the upstream: connecting, serving one exchange, or idle in the pool. Owns its
// socket, what waits to be sent, and the time-outs of its side.
#pragma once

#include <Poco/Net/SocketAddress.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "proxy/byte_queue.h"
#include "proxy/services.h"
#include "proxy/socket.h"

namespace proxy {

class Exchange;

/// Why an upstream connection is no longer of use.
enum class UpstreamFailure {
    no_descriptor,  // this process may open no more: nothing was sent
    unreachable,    // no connection was made: nothing was sent
    stale,          // one from the pool closed or broke before anything of an answer came
    ended,          // another one closed or broke
    garbage,        // what came is no answer
    timeout,
};

class UpstreamConnection : public EventHandler, public Timer, public LateHandler {
  public:
    /// Absent address: the upstream's name is unknown; it fails in the same pass.
    UpstreamConnection(Services& services, const std::optional<Poco::Net::SocketAddress>& address);

    /// From now on it serves this exchange; `reused`: it comes from the pool.
    void assign(Exchange& exchange, bool reused);
    /// The exchange needs it no more. `clean`: it may serve others.
    void finish(bool clean);
    /// Ends it; whom it served is not told.
    void close();

    void send(std::string_view bytes);
    std::size_t unsent() const { return out_.size(); }
    bool is_connected() const { return socket_ && socket_->is_ready(); }
    /// Whether an idle one has been closed by its other side.
    bool is_stale() const;

    /// Reads as long as the exchange takes it.
    void pump();
    void on_events(std::uint32_t events) override;
    void on_expired() override;
    void on_late() override;

    std::size_t roster_index = 0;

  private:
    void flush();
    void fail(UpstreamFailure failure);
    void feed(std::string_view bytes);
    void end_of_stream(bool broken);
    void close_unexpected();
    void watch_time();

    Services& services_;
    std::optional<Socket> socket_;
    Exchange* exchange_ = nullptr;
    ByteQueue in_;  // the beginning of something not yet understood
    ByteQueue out_;
    bool reused_ = false;
    bool answered_ = false;  // bytes came for the exchange it serves
    bool closed_ = false;
    bool pumping_ = false;
    bool broken_ = false;  // a write failed
    bool lacks_descriptor_ = false;
    std::int64_t idle_since_micros_ = 0;
};

}  // namespace proxy
