// Heads as they go on: the raw bytes that came, minus what stays on this hop. Order, case and
// spacing of the rest are kept.
#pragma once

#include <string>
#include <string_view>

#include "proxy/head.h"

namespace proxy {

/// What of a request's head is replaced for the upstream.
struct RequestRewrite {
    std::string_view path_prefix;    // before the target
    std::string_view host;           // the upstream's Host
    std::string_view authorization;  // the Authorization field's value; empty: the client's passes
    bool without_expect = false;     // the gateway has answered it itself
    bool without_encoding = false;   // Accept-Encoding is dropped: the answer will be edited
};

void append_request_head(const RequestHead& head, const RequestRewrite& rewrite, std::string& out);

struct AnswerRewrite {
    bool closes = false;           // the client's connection ends with this answer
    bool without_framing = false;  // the body goes on otherwise framed than it came
};

/// Without the blank line that ends it: further fields may follow.
void append_answer_head(const AnswerHead& head, AnswerRewrite rewrite, std::string& out);

}  // namespace proxy
