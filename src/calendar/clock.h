// The clock interface. The real one is platform/clock.h; tests advance their own.
#pragma once

#include "calendar/instant.h"

namespace calendar {

/// Thread-safe. Never goes backwards within one process (the real one is monotonic from its start).
class Clock {
  public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
};

}  // namespace calendar
