// A JSON number read a character at a time: its grammar, and its value where it is whole.
#pragma once

#include <cstdint>
#include <optional>

namespace bytez {

class JsonNumber {
  public:
    void begin() { *this = {}; }
    /// False: the character is no part of the number (which ends before it, or is malformed).
    bool take(char c);
    /// What was taken is a number.
    bool is_complete() const;
    /// The value of a complete one that is whole in any spelling (4, 4.0, 4e0), up to 10^15.
    std::optional<std::int64_t> integer() const;

  private:
    enum class Part : std::uint8_t {
        start,
        minus,
        zero,
        whole,
        point,
        fraction,
        e,
        sign,
        exponent,
        malformed
    };
    bool take_digit(char c);

    Part part_ = Part::start;
    bool negative_ = false;
    bool exponent_negative_ = false;
    bool overflow_ = false;
    std::int64_t digits_ = 0;    // of the significand, without the point
    std::int32_t scale_ = 0;     // digits after the point
    std::int32_t exponent_ = 0;  // after e
};

}  // namespace bytez
