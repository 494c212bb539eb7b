// Reading the heads of requests and answers: where one ends, what its framing is, which fields stay
// on this hop. Beast's parser does the grammar; what it lets through although peers differ in
// reading it (folded lines, other transfer encodings, Host rules) is refused here. Bodies:
// body_framer.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace proxy {

/// Looks for the blank line that ends a head, from where it left off.
class HeadSearch {
  public:
    enum class Outcome { incomplete, found, malformed };  // malformed: bare LF, folded line
    /// `bytes` begin with the head and only ever grow. `found`: size() bytes are the head.
    Outcome look(std::string_view bytes);
    std::size_t size() const { return at_; }
    void reset() { at_ = 0; }

  private:
    std::size_t at_ = 0;
};

/// How a body ends.
struct Framing {
    enum class Kind { none, length, chunked, until_close };
    Kind kind = Kind::none;
    std::uint64_t length = 0;
};

struct HeadField {
    std::string_view name;
    std::string_view value;
    bool is_hop = false;  // stays on this hop: Connection and what it names, Keep-Alive, TE, …
};

/// What both kinds have. Views point into the bytes that were parsed; reused from head to head.
struct Head {
    std::string_view bytes;  // with the blank line
    std::vector<HeadField> fields;
    int version_minor = 1;  // of HTTP/1
    bool keep_alive = true;
    Framing framing;

    /// The value of the only field of this name; absent when there is none.
    std::optional<std::string_view> find(std::string_view name) const;
    std::size_t count(std::string_view name) const;
};

struct RequestHead : Head {
    std::string_view method;
    std::string_view target;  // origin form (or `*`), whatever form came
    bool expects_continue = false;
};

struct AnswerHead : Head {
    int status = 0;
};

/// Why parse_head refuses a head of more fields than it may have.
inline constexpr std::string_view too_many_fields = "too many header fields";

// Both return why the head is refused; absent: good. `max_fields`: beyond it, refused.
std::optional<std::string_view> parse_head(std::string_view bytes, std::size_t max_fields,
                                           RequestHead& head);
/// `without_body`: the answer to HEAD.
std::optional<std::string_view> parse_head(std::string_view bytes, std::size_t max_fields,
                                           bool without_body, AnswerHead& head);

/// Framing, routing, credentials and the like: a trailer has no business with it (RFC 9110, 6.5.1).
bool belongs_in_head(std::string_view name);

/// ASCII, without regard to case.
bool equal_names(std::string_view a, std::string_view b);

}  // namespace proxy
