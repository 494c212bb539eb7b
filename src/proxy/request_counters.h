// How many requests were answered, by call and status class: one counter each, shared by all loops,
// found once so that counting is one relaxed addition.
#pragma once

#include <array>
#include <optional>

#include "bytez/route.h"
#include "platform/metrics.h"

namespace proxy {

class RequestCounters {
  public:
    explicit RequestCounters(platform::Metrics& metrics);

    /// `call` absent: a request that is none of the API's. `status`: of the final answer.
    void count(std::optional<bytez::Call> call, int status);

  private:
    static constexpr std::size_t calls = 8;    // the API's seven, and other
    static constexpr std::size_t classes = 4;  // 2xx to 5xx
    std::array<std::array<platform::Counter*, classes>, calls> counters_;
};

}  // namespace proxy
