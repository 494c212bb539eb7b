// Reads a request's JSON body as it streams past, a piece at a time, in constant memory: validates
// UTF-8 and JSON, and takes the top-level fields that metering needs. Keys are compared after
// unescaping ("\u006dodel" is `model`), because that is how the upstream reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bytez {

class RequestScanner {
  public:
    enum class State {
        more,      // fine so far
        complete,  // one whole JSON object, followed by nothing but white space so far
        bad,       // error() says why; nothing more is read
    };

    State feed(std::string_view piece);
    State finish();  // end of body: complete or bad
    State state() const { return state_; }
    std::string_view error() const { return error_; }  // a static sentence, no content of the body

    // Valid at any time, for what has been seen; final when complete.
    const std::optional<std::string>& model() const { return model_; }  // at most 512 bytes
    const std::optional<std::string>& key() const { return key_; }  // the legacy credential field
    std::optional<std::int64_t> concurrency() const { return concurrency_; }
    std::optional<std::int64_t> expiration_seconds() const { return expiration_seconds_; }

    void reset();

  private:
    State state_ = State::more;
    std::string_view error_;
    std::optional<std::string> model_;
    std::optional<std::string> key_;
    std::optional<std::int64_t> concurrency_;
    std::optional<std::int64_t> expiration_seconds_;
};

}  // namespace bytez
