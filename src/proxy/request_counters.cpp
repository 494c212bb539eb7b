#include "proxy/request_counters.h"

#include <algorithm>
#include <string>

namespace proxy {

RequestCounters::RequestCounters(platform::Metrics& metrics) {
    for (std::size_t call = 0; call < calls; ++call) {
        const bool is_other = call + 1 == calls;
        const std::string name(is_other ? "other" : bytez::to_text(static_cast<bytez::Call>(call)));
        for (std::size_t status = 0; status < classes; ++status) {
            counters_[call][status] = &metrics.counter(
                "tollgate_requests_total", "Requests answered, by call and class of status.",
                {{"call", name}, {"code", std::to_string(status + 2) + "xx"}});
        }
    }
}

void RequestCounters::count(std::optional<bytez::Call> call, int status) {
    const std::size_t row = call ? static_cast<std::size_t>(*call) : calls - 1;
    const auto column = static_cast<std::size_t>(std::clamp(status / 100, 2, 5) - 2);
    counters_[row][column]->add();
}

}  // namespace proxy
