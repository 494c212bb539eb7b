// What the console answers, apart from how it is carried: method and path in, answer out.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "console/readiness.h"
#include "platform/metrics.h"

namespace console {

struct Answer {
    int status = 200;
    std::string content_type;
    std::string body;
    bool names_methods = false;  // 405: with an Allow field
};

class Handler {
  public:
    Handler(const std::function<Health()>& health, const platform::Metrics& metrics)
        : health_(health), metrics_(metrics) {}

    /// `target`: the request's; a query is not looked at.
    Answer answer(std::string_view method, std::string_view target) const;

  private:
    const std::function<Health()>& health_;
    const platform::Metrics& metrics_;
};

/// RFC 9457.
Answer problem(int status, std::string_view title, std::string_view detail);

}  // namespace console
