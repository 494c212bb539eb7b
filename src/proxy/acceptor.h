// Listening and accepting on one loop. When descriptors run out or the limit of connections is
// reached, accepting pauses: what waits in the kernel's queue is served later, nothing dies.
#pragma once

#include <cstdint>

#include "proxy/connection_count.h"
#include "proxy/event_loop.h"
#include "proxy/listener.h"

namespace proxy {

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

    Acceptor(EventLoop& loop, Listener listener, Taker& taker);

    void on_events(std::uint32_t events) override;
    /// At the end of every pass: resumes what paused, when it can.
    void end_pass();
    /// By when end_pass must be called again.
    std::int64_t next_deadline() const;
    /// Takes what has connected to a queue that ends, and listens no more.
    void stop();

  private:
    void accept_some();
    void pause(const char* why);

    EventLoop& loop_;
    Listener listener_;
    Taker& taker_;
    bool watched_ = true;
    bool more_ = false;  // the queue may hold more than was taken
    bool stopped_ = false;
    std::int64_t resume_micros_ = 0;
    std::int64_t next_log_micros_ = 0;
};

}  // namespace proxy
