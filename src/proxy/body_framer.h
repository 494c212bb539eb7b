// Finds the end of a body in the bytes as they come, and its data in them, without changing or
// keeping any. Own code, not Beast's: Beast takes a chunk's closing CRLF for the beginning of the
// next one, so relaying what it has consumed would hold every chunk's end back until the next
// chunk.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "proxy/head.h"

namespace proxy {

class BodyFramer {
  public:
    struct Piece {
        std::size_t consumed = 0;  // of the input: framing, data, or framing and then data
        std::string_view data;     // the body's own bytes among them
    };
    static constexpr std::size_t max_line = 4096;      // a chunk's size with its extensions
    static constexpr std::size_t max_trailer = 16384;  // all trailer fields

    /// `request`: a trailer field that a lenient reader would take for one of the head is a fault.
    enum class Of : std::uint8_t { answer, request };
    void start(Framing framing, Of of = Of::answer);
    /// Takes as much of `bytes` (not empty) as makes one piece. Not after the end or a fault.
    Piece next(std::string_view bytes);
    bool is_done() const { return state_ == State::done; }
    /// A chunk's framing that RFC 9112 does not allow, or a request's trailer that may not be one.
    bool is_faulty() const { return state_ == State::fault; }
    /// The connection closed: the end, where only that marks it.
    bool end_at_close();
    std::uint64_t data_bytes() const { return data_bytes_; }

  private:
    enum class State : std::uint8_t {
        until_close,
        length,
        size,       // in a chunk's size, `line_` digits read
        extension,  // after it
        size_lf,    // its LF must follow
        data,       // in a chunk
        data_cr,    // the CR after a chunk must follow
        data_lf,
        trailer_start,  // a trailer line or the last blank line
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf,
        done,
        fault,
    };
    State step(char c);
    State take_digit(char c);
    State end_trailer_name() const;
    void keep_name(char c);

    State state_ = State::done;
    std::uint64_t left_ = 0;  // of the length or the chunk
    std::size_t line_ = 0;
    std::uint64_t data_bytes_ = 0;
    Of of_ = Of::answer;
    std::uint8_t name_size_ = 0;  // of a trailer field; beyond name_: longer than any of interest
    std::array<char, 24> name_ = {};
};

}  // namespace proxy
