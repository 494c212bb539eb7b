// Speaks to one engine: the OpenAI HTTP API, over loopback. One call is one connection, so that
// giving up is closing it, which every engine takes as the wish to stop.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "calendar/instant.h"

namespace origin {

/// The engine answered, with a refusal. `status` is its own.
struct EngineRefused : std::runtime_error {
    EngineRefused(int engine_status, const std::string& message)
        : std::runtime_error(message), status(engine_status) {}
    int status;
};
/// There was no answer at all.
struct EngineUnreachable : std::runtime_error {
    using std::runtime_error::runtime_error;
};
/// The answer began and then made no sense, or stopped.
struct EngineBroke : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct EngineAddress {
    std::uint16_t port = 0;
    calendar::Duration silence_limit = calendar::Duration::seconds(600);  // between two bytes
};

struct CompletionCall {
    bool is_chat = false;
    std::string body;  // JSON, as run_request.h makes it
    /// Told the connection's descriptor while the call is under way and -1 after it: shutting it
    /// down from another thread ends the call (EngineBroke or EngineUnreachable).
    std::function<void(int)> on_descriptor = [](int) {};
};

/// True when GET `path` is answered with 2xx within about a second.
bool is_healthy(std::uint16_t port, const std::string& path);
/// True when a connection is accepted.
bool is_listening(std::uint16_t port);

/// The generated text, whole (a body with "stream": false).
std::string complete(const EngineAddress& engine, const CompletionCall& call);

/// The generated text in the engine's pieces (a body with "stream": true). `on_begin` once the
/// engine has accepted the call; `on_piece` returns false to give up.
void complete_streaming(const EngineAddress& engine, const CompletionCall& call,
                        const std::function<void()>& on_begin,
                        const std::function<bool(std::string_view)>& on_piece);

}  // namespace origin
