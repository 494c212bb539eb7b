// UTF-8: whether bytes are it, one at a time (table 3-7 of the Unicode standard, that is without
// overlong forms, surrogates and what lies above U+10FFFF), and a character as its bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace bytez {

class Utf8Check {
  public:
    /// In the middle of a character.
    bool is_inside() const { return left_ != 0; }
    /// A byte from 0x80 on, or any while is_inside(); false: no UTF-8.
    bool take(unsigned char byte) {
        if (left_ != 0) {
            const bool good = byte >= low_ && byte <= high_;
            low_ = 0x80;
            high_ = 0xBF;
            --left_;
            return good;
        }
        if (byte >= 0xC2 && byte <= 0xDF) {
            left_ = 1;
        } else if (byte >= 0xE0 && byte <= 0xEF) {
            left_ = 2;
            if (byte == 0xE0) low_ = 0xA0;
            if (byte == 0xED) high_ = 0x9F;
        } else if (byte >= 0xF0 && byte <= 0xF4) {
            left_ = 3;
            if (byte == 0xF0) low_ = 0x90;
            if (byte == 0xF4) high_ = 0x8F;
        }
        return left_ != 0;
    }

  private:
    std::uint8_t left_ = 0;                  // continuation bytes still to come
    std::uint8_t low_ = 0x80, high_ = 0xBF;  // the range of the next one
};

/// Writes the character, no surrogate, into `bytes`; how many there are.
inline std::size_t encode_utf8(std::uint32_t code_point, std::array<char, 4>& bytes) {
    const auto tail = [code_point](int shift) {
        return static_cast<char>(0x80 | (code_point >> shift & 0x3F));
    };
    if (code_point < 0x80) {
        bytes[0] = static_cast<char>(code_point);
        return 1;
    }
    if (code_point < 0x800) {
        bytes = {static_cast<char>(0xC0 | code_point >> 6), tail(0)};
        return 2;
    }
    if (code_point < 0x10000) {
        bytes = {static_cast<char>(0xE0 | code_point >> 12), tail(6), tail(0)};
        return 3;
    }
    bytes = {static_cast<char>(0xF0 | code_point >> 18), tail(12), tail(6), tail(0)};
    return 4;
}

}  // namespace bytez
