#include "proxy/body_framer.h"

#include <algorithm>
#include <cstring>

namespace proxy {
namespace {

/// May stand in a chunk extension or a trailer's value.
bool is_text(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= ' ' && byte != 0x7F) || c == '\t';
}

/// RFC 9110's tchar.
bool is_token(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != 0 && std::strchr("!#$%&'*+-.^_`|~", c));
}

}  // namespace

void BodyFramer::start(Framing framing, Of of) {
    of_ = of;
    data_bytes_ = 0;
    line_ = 0;
    left_ = framing.length;
    switch (framing.kind) {
        case Framing::Kind::none:
            state_ = State::done;
            break;
        case Framing::Kind::length:
            state_ = State::length;
            break;
        case Framing::Kind::until_close:
            state_ = State::until_close;
            break;
        case Framing::Kind::chunked:
            state_ = State::size;
            left_ = 0;
            break;
    }
}

bool BodyFramer::end_at_close() {
    if (state_ == State::until_close) state_ = State::done;
    return state_ == State::done;
}

BodyFramer::Piece BodyFramer::next(std::string_view bytes) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        if (state_ == State::until_close || state_ == State::length || state_ == State::data) {
            const std::size_t rest = bytes.size() - at;
            const std::size_t count =
                state_ == State::until_close
                    ? rest
                    : static_cast<std::size_t>(std::min<std::uint64_t>(rest, left_));
            data_bytes_ += count;
            left_ -= state_ == State::until_close ? 0 : count;
            if (state_ == State::length && left_ == 0) state_ = State::done;
            if (state_ == State::data && left_ == 0) state_ = State::data_cr;
            return {at + count, bytes.substr(at, count)};
        }
        state_ = step(bytes[at++]);
        if (state_ == State::done || state_ == State::fault) break;
    }
    return {at, {}};
}

BodyFramer::State BodyFramer::take_digit(char c) {
    std::uint64_t digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint64_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint64_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint64_t>(c - 'A' + 10);
    // 15 digits are no limit to anyone, and readers of more differ in where they overflow.
    if (digit < 16 && ++line_ <= 15) {
        left_ = left_ * 16 + digit;
        return State::size;
    }
    if (digit < 16 || line_ == 0) return State::fault;
    if (c == '\r') return State::size_lf;
    return c == ';' ? State::extension : State::fault;
}

void BodyFramer::keep_name(char c) {
    if (name_size_ < name_.size()) name_[name_size_] = c;
    if (name_size_ <= name_.size()) ++name_size_;
}

BodyFramer::State BodyFramer::end_trailer_name() const {
    const bool is_refused = of_ == Of::request && name_size_ <= name_.size() &&
                            belongs_in_head({name_.data(), name_size_});
    return is_refused ? State::fault : State::trailer_value;
}

BodyFramer::State BodyFramer::step(char c) {
    switch (state_) {
        case State::size:
            return take_digit(c);
        case State::extension:
            if (c == '\r') return State::size_lf;
            return is_text(c) && ++line_ <= max_line ? State::extension : State::fault;
        case State::size_lf:
            line_ = 0;
            if (c != '\n') return State::fault;
            return left_ == 0 ? State::trailer_start : State::data;
        case State::data_cr:
            return c == '\r' ? State::data_lf : State::fault;
        case State::data_lf:
            return c == '\n' ? State::size : State::fault;
        case State::trailer_start:
            if (c == '\r') return State::last_lf;
            name_size_ = 0;
            keep_name(c);
            return is_token(c) && ++line_ <= max_trailer ? State::trailer_name : State::fault;
        case State::trailer_name:
            if (++line_ > max_trailer) return State::fault;
            if (c == ':') return end_trailer_name();
            keep_name(c);
            return is_token(c) ? State::trailer_name : State::fault;
        case State::trailer_value:
            if (c == '\r') return State::trailer_lf;
            return is_text(c) && ++line_ <= max_trailer ? State::trailer_value : State::fault;
        case State::trailer_lf:
            return c == '\n' ? State::trailer_start : State::fault;
        case State::last_lf:
            return c == '\n' ? State::done : State::fault;
        default:
            return State::fault;
    }
}

}  // namespace proxy
