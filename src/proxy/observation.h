// Reads what the upstream says of its instances and its catalogue in answers that pass: keeps a
// copy while they do, and records what it means after they have passed. Never delays them.
#pragma once

#include <string>
#include <string_view>

#include "proxy/call_meter.h"
#include "proxy/head.h"
#include "proxy/services.h"

namespace proxy {

class Observation {
  public:
    explicit Observation(Services& services) : services_(services) {}

    /// At an answer's head: whether it will be read.
    void begin(const AnswerHead& head);
    void add(std::string_view data);
    /// The whole answer has passed. `meter`: the call it answers.
    void finish(const CallMeter& meter);
    void reset();
    /// The body so far; absent when it is too large, or compressed.
    std::optional<std::string_view> plain_body() const {
        return active_ && !compressed_ ? std::optional<std::string_view>(copy_) : std::nullopt;
    }

  private:
    void finish_status(const CallMeter& meter, std::string_view body);
    void finish_instances(const CallMeter& meter, std::string_view body);
    void finish_list(std::string_view body);

    Services& services_;
    bool active_ = false;
    bool compressed_ = false;
    int status_ = 0;
    std::optional<calendar::Instant> date_;
    std::string copy_;
};

/// The whole of a gzip or zlib stream; absent: damaged, or more than `limit` bytes.
std::optional<std::string> inflate(std::string_view compressed, std::size_t limit);

}  // namespace proxy
