// A client's connection: one exchange after the other, answered in the order they came. Owns its
// socket, what waits to be sent, the hold that the output gate puts on it, and the time-outs of its
// side.
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/byte_queue.h"
#include "proxy/exchange.h"
#include "proxy/roster.h"
#include "proxy/services.h"
#include "proxy/socket.h"

namespace proxy {

class ClientConnection : public EventHandler, public Timer, public LateHandler {
  public:
    using Owner = Roster<ClientConnection>;

    ClientConnection(Services& services, Owner& owner, int descriptor, ConnectionCount::Seat seat);

    // For its exchange.
    void send(std::string_view bytes);
    std::size_t unsent() const { return out_.size(); }
    /// Nothing leaves until release(); what leaves later is in order.
    void hold() { held_ = true; }
    void release();
    /// What waits was never sent and never will be.
    void discard_unsent() {
        out_.clear();
        cut_ = Cut::none;
    }
    /// The exchange has its whole answer in here.
    void on_exchange_over();
    /// The answer was cut. Closing after what there is of it tells the client so: with a reset,
    /// where a mere end of the stream would look like the answer's own.
    enum class Cut { none, visible, looks_whole };
    void on_answer_cut(Cut cut);
    /// The upstream takes more: read on.
    void pump();

    /// Idle ones end soon, the others with their answer. For stopping.
    void wind_down();
    /// Now, whatever is under way.
    void close();

    void on_events(std::uint32_t events) override;
    void on_expired() override;
    void on_late() override;

    std::size_t roster_index = 0;

  private:
    /// Whether requests can pass.
    bool shake_hands();
    /// What must go on at a least pace while a time-out runs.
    enum class Moving : std::uint8_t { nothing, body, answer };

    void flush();
    void read_some();
    void take(std::string_view bytes);
    void take_waiting();
    void on_end();
    void settle();
    void begin_drain();
    void leave();
    void watch_time();
    std::uint64_t moved(Moving what) const;
    bool keeps_pace() const;
    void begin_window(TimerQueue& queue, Moving what);

    Services& services_;
    Owner& owner_;
    const ConnectionCount::Seat seat_;
    Socket socket_;
    Exchange exchange_;
    ByteQueue in_;  // the beginning of a head, or what follows the current request
    ByteQueue out_;
    std::uint64_t sent_ = 0;          // to the kernel
    std::uint64_t moved_before_ = 0;  // when the window began
    Moving moving_ = Moving::nothing;
    Cut cut_ = Cut::none;
    bool held_ = false;
    bool over_ = false;  // the exchange is done but for the sending
    bool pumping_ = false;
    bool draining_ = false;  // sending is shut down; what still comes is thrown away
    bool gone_ = false;      // the client left; the exchange goes on without it
    bool closed_ = false;
    bool broken_ = false;
};

}  // namespace proxy
