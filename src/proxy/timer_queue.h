// Time-outs of one length: what was touched last expires last, so a list in order of touching is
// sorted by deadline, and arming is O(1) without allocation. One queue per kind of time-out.
#pragma once

#include <cstdint>

namespace proxy {

class TimerQueue;

/// Waits in at most one queue; leaves it when destroyed.
class Timer {
  public:
    Timer() = default;
    virtual ~Timer() { disarm(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    virtual void on_expired() = 0;
    void disarm();
    bool armed_in(const TimerQueue& queue) const { return queue_ == &queue; }

  private:
    friend class TimerQueue;
    TimerQueue* queue_ = nullptr;
    Timer* previous_ = nullptr;
    Timer* next_ = nullptr;
    std::int64_t deadline_micros_ = 0;
};

class TimerQueue {
  public:
    explicit TimerQueue(std::int64_t length_micros) : length_micros_(length_micros) {}
    TimerQueue(const TimerQueue&) = delete;
    TimerQueue& operator=(const TimerQueue&) = delete;

    /// Puts the timer at the end, from whatever queue it was in.
    void arm(Timer& timer, std::int64_t now_micros);
    /// Calls on_expired of all that are due, disarmed first.
    void expire(std::int64_t now_micros);
    /// Of the next one; INT64_MAX when none waits.
    std::int64_t next_deadline() const;

  private:
    friend class Timer;
    void unlink(Timer& timer);

    std::int64_t length_micros_;
    Timer* first_ = nullptr;
    Timer* last_ = nullptr;
};

}  // namespace proxy
