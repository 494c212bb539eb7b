#include "proxy/timer_queue.h"

#include <limits>

namespace proxy {

void Timer::disarm() {
    if (queue_) queue_->unlink(*this);
}

void TimerQueue::unlink(Timer& timer) {
    (timer.previous_ ? timer.previous_->next_ : first_) = timer.next_;
    (timer.next_ ? timer.next_->previous_ : last_) = timer.previous_;
    timer.previous_ = timer.next_ = nullptr;
    timer.queue_ = nullptr;
}

void TimerQueue::arm(Timer& timer, std::int64_t now_micros) {
    timer.deadline_micros_ = now_micros + length_micros_;
    if (timer.queue_ == this && last_ == &timer) return;
    timer.disarm();
    timer.queue_ = this;
    timer.previous_ = last_;
    (last_ ? last_->next_ : first_) = &timer;
    last_ = &timer;
}

void TimerQueue::expire(std::int64_t now_micros) {
    while (first_ && first_->deadline_micros_ <= now_micros) {
        Timer& timer = *first_;
        unlink(timer);
        timer.on_expired();
    }
}

std::int64_t TimerQueue::next_deadline() const {
    return first_ ? first_->deadline_micros_ : std::numeric_limits<std::int64_t>::max();
}

}  // namespace proxy
