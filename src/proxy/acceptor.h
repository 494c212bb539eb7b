// Listening and accepting on one loop. When descriptors run out or the limit of connections is
// reached, accepting pauses: what waits in the kernel's queue is served later, nothing dies.
#pragma once

#include <Poco/Net/ServerSocket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "proxy/connection_count.h"
#include "proxy/event_loop.h"

namespace proxy {

/// One listening socket per thread on the same address. Throws std::runtime_error naming it: it is
/// malformed, in use (also by another gateway of the same user), or not ours to bind.
std::vector<Poco::Net::ServerSocket> listen_on(const std::string& address, std::size_t count);

class Acceptor : public EventHandler {
  public:
    class Taker {
      public:
        virtual ~Taker() = default;
        /// False: no more for now.
        virtual bool can_take() const = 0;
        /// A non-blocking descriptor, the taker's from now on.
        virtual void take(int descriptor, ClientAddress from) = 0;
    };

    Acceptor(EventLoop& loop, Poco::Net::ServerSocket socket, Taker& taker);

    void on_events(std::uint32_t events) override;
    /// At the end of every pass: resumes what paused, when it can.
    void end_pass();
    /// By when end_pass must be called again.
    std::int64_t next_deadline() const;
    void stop();

  private:
    void pause(const char* why);

    EventLoop& loop_;
    Poco::Net::ServerSocket socket_;
    Taker& taker_;
    bool watched_ = true;
    bool stopped_ = false;
    std::int64_t resume_micros_ = 0;
    std::int64_t next_log_micros_ = 0;
};

}  // namespace proxy
