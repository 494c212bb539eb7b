// One thread's epoll: edge-triggered readiness to handlers, a descriptor to wake it from other
// threads, and the end of each pass, where what was gathered during it is handed over.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace proxy {

/// Whoever owns a registered descriptor. Outlives its registration, and the pass it ended in.
class EventHandler {
  public:
    virtual ~EventHandler() = default;
    virtual void on_events(std::uint32_t events) = 0;
};

class EventLoop {
  public:
    EventLoop();
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// Edge-triggered for both directions. Throws std::system_error.
    void watch(int descriptor, EventHandler& handler);
    /// Level-triggered, reading only, and one of those who share it: for listening sockets.
    /// `unwatch` ends either kind.
    void watch_level(int descriptor, EventHandler& handler);
    void unwatch(int descriptor);

    /// Waits at most until `deadline_micros` (monotonic), then tells the handlers. One pass.
    void run_pass(std::int64_t deadline_micros);
    /// Monotonic time at this pass's beginning.
    std::int64_t now_micros() const { return now_micros_; }

    /// Any thread, also a signal-like one: ends the wait of the pass under way, or the next one.
    void wake();

  private:
    void add(int descriptor, std::uint32_t events, void* tag);

    int epoll_;
    int wake_;
    std::int64_t now_micros_;
    std::vector<char> events_;  // epoll_event, as bytes: keeps the system header out
};

}  // namespace proxy
