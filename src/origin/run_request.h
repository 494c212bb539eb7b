// The body of /model/run, read: which engine call it becomes, and how its output is presented.
// Pure.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "lifecycle/ids.h"

namespace origin {

struct RunRequest {
    lifecycle::ModelName model;
    bool stream = false;
    bool is_chat = false;
    /// What stands before the generated text: the prompt, as the API does, unless
    /// `return_full_text` is false; empty for a chat.
    std::string echo;
    /// The conversation as it came, a JSON array; empty unless a chat.
    std::string messages;
    /// The body of /v1/completions, or of /v1/chat/completions for a chat.
    std::string engine_body;
};

/// What the client can mend; answered with 400.
class BadRunRequest : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Body: `prompt`, `input` or `text` (a text; an object is merged into the top level; a list of
/// messages is a chat), or `messages`; `params`; `stream`. Parameters are those of the official
/// client: max_length counts generated tokens and overrides max_new_tokens, 20 unless given;
/// sampling is off unless do_sample, or a temperature above zero, asks for it. Others are refused
/// by name. Throws BadRunRequest.
RunRequest parse_run_request(std::string_view body);

}  // namespace origin
