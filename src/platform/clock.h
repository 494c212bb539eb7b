// The real clock, the only place of the tree that asks the system for the time.
#pragma once

#include "calendar/clock.h"

namespace platform {

/// Wall time at the process's start, advanced by the monotonic clock from then on: a step of the
/// wall clock does not move it.
class SystemClock : public calendar::Clock {
  public:
    SystemClock();
    calendar::Instant now() const override;

  private:
    std::int64_t offset_micros_;
};

/// Microseconds on the monotonic clock, for time-outs.
std::int64_t monotonic_micros();

/// The wall clock as it stands, steps and all: for log lines and for noticing a step, not for
/// facts.
calendar::Instant wall_clock();

}  // namespace platform
