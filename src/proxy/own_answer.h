// The answers that the gateway gives itself, where a request can't be forwarded: in the API's error
// shape, with `tollgate-error: CODE` and `x-request-id`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace proxy {

struct OwnError {
    int status = 0;
    std::string_view code;     // of the tollgate-error field
    std::string_view message;  // for a person; static text, nothing of the request
};

namespace errors {
inline constexpr OwnError near_miss{400, "near-miss",
                                    "this path is a misspelling of a metered one"};
inline constexpr OwnError content_encoding{400, "content-encoding",
                                           "this call takes no encoded body"};
inline constexpr OwnError content_type{400, "content-type",
                                       "this call takes application/json in UTF-8"};
inline constexpr OwnError ambiguous{400, "ambiguous", "a header field is given more than once"};
inline constexpr OwnError needs_tls{400, "needs-tls", "this port takes HTTPS alone"};
inline constexpr OwnError two_keys{400, "ambiguous",
                                   "the Authorization field and the body name different keys"};
inline constexpr OwnError no_model{400, "no-model", "the body names no model"};
inline constexpr OwnError bad_concurrency{400, "bad-concurrency",
                                          "concurrency takes a whole number from 1 to 1000000"};
inline constexpr OwnError wrong_method{405, "wrong-method", "this call is made with POST"};
inline constexpr OwnError key_missing{401, "key-missing",
                                      "an API key is needed: Authorization: Key API_KEY"};
inline constexpr OwnError key_unknown{401, "key-unknown", "this API key is not known"};
inline constexpr OwnError keys_not_loaded{503, "keys-not-loaded",
                                          "keys cannot be checked at the moment"};
inline constexpr OwnError not_found{404, "not-found", "there is no such call"};
inline constexpr OwnError model_not_found{404, "model-not-found", "this model is not loaded"};
inline constexpr OwnError head_timeout{408, "head-timeout", "the request's head took too long"};
inline constexpr OwnError body_timeout{408, "body-timeout", "the request's body took too long"};
inline constexpr OwnError body_too_large{413, "body-too-large", "the request's body is too large"};
inline constexpr OwnError head_too_large{431, "head-too-large", "the request's head is too large"};
inline constexpr OwnError too_many_fields{431, "too-many-fields",
                                          "the request has too many header fields"};
inline constexpr OwnError too_many_connections{429, "too-many-connections",
                                               "this address has too many connections"};
inline constexpr OwnError unreachable{502, "upstream-unreachable",
                                      "the upstream cannot be reached"};
inline constexpr OwnError upstream_failed{502, "upstream-failed",
                                          "the upstream ended the connection without an answer"};
inline constexpr OwnError upstream_garbage{502, "upstream-garbage",
                                           "the upstream's answer is malformed"};
inline constexpr OwnError cannot_record{503, "cannot-record",
                                        "this call cannot be recorded at the moment"};
inline constexpr OwnError no_descriptor{503, "no-descriptor",
                                        "the gateway can open no more connections at the moment"};
inline constexpr OwnError too_busy{503, "too-busy", "too many requests are being served"};
inline constexpr OwnError upstream_timeout{504, "upstream-timeout",
                                           "the upstream did not answer in time"};
/// With a message of its own: why the head, the framing or the JSON is refused.
constexpr OwnError malformed(std::string_view why) {
    return {400, "malformed", why};
}
constexpr OwnError bad_body(std::string_view why) {
    return {400, "bad-body", why};
}
}  // namespace errors

struct OwnAnswer {
    OwnError error;
    bool closes = false;
    bool without_body = false;  // the answer to HEAD
};

/// `request_id`: for the person who asks the operator.
void append_own_answer(const OwnAnswer& answer, std::string_view request_id, std::string& out);

}  // namespace proxy
