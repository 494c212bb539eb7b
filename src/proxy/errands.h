// Work that another thread does while somebody on a loop waits for it, such as storing a load's
// credential: whoever waits is told on the loop, in the pass after the work was done.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "proxy/event_loop.h"
#include "proxy/output_gate.h"

namespace proxy {

class Errands {
  public:
    explicit Errands(EventLoop& loop) : loop_(loop) {}

    /// On the loop's thread. What the other thread calls, once, with whether it succeeded: any
    /// thread, while the loop lives.
    std::function<void(bool)> begin(GateWaiter& waiter);
    /// The waiter is not told any more.
    void forget(const GateWaiter& waiter);
    /// In every pass of the loop: tells those whose work is done.
    void end_pass();

  private:
    void finish(std::uint64_t errand, bool done);

    EventLoop& loop_;

    // Owned by the loop's thread.
    std::map<std::uint64_t, GateWaiter*> waiters_;
    std::uint64_t next_ = 1;

    std::atomic<bool> any_finished_{false};
    std::mutex mutex_;
    std::vector<std::pair<std::uint64_t, bool>> finished_;  // under mutex_
};

}  // namespace proxy
