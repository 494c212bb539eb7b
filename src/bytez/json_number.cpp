#include "bytez/json_number.h"

namespace bytez {
namespace {

constexpr std::int64_t largest = 1'000'000'000'000'000;

}  // namespace

bool JsonNumber::take_digit(char c) {
    switch (part_) {
        case Part::start:
        case Part::minus:
            part_ = c == '0' ? Part::zero : Part::whole;
            break;
        case Part::zero:
        case Part::malformed:
            part_ = Part::malformed;
            return false;
        case Part::point:
            part_ = Part::fraction;
            break;
        case Part::e:
        case Part::sign:
            part_ = Part::exponent;
            break;
        case Part::whole:
        case Part::fraction:
        case Part::exponent:
            break;
    }
    const int digit = c - '0';
    if (part_ == Part::exponent) {
        if (exponent_ < 100'000) exponent_ = exponent_ * 10 + digit;
    } else if (digits_ >= largest) {
        overflow_ = true;
    } else {
        digits_ = digits_ * 10 + digit;
        scale_ += part_ == Part::fraction ? 1 : 0;
    }
    return true;
}

bool JsonNumber::take(char c) {
    if (c >= '0' && c <= '9') return take_digit(c);
    const bool after_digits =
        part_ == Part::zero || part_ == Part::whole || part_ == Part::fraction;
    if (c == '-' && part_ == Part::start) {
        part_ = Part::minus;
        negative_ = true;
    } else if (c == '.' && after_digits && part_ != Part::fraction) {
        part_ = Part::point;
    } else if ((c == 'e' || c == 'E') && after_digits) {
        part_ = Part::e;
    } else if ((c == '+' || c == '-') && part_ == Part::e) {
        part_ = Part::sign;
        exponent_negative_ = c == '-';
    } else {
        return false;
    }
    return true;
}

bool JsonNumber::is_complete() const {
    return part_ == Part::zero || part_ == Part::whole || part_ == Part::fraction ||
           part_ == Part::exponent;
}

std::optional<std::int64_t> JsonNumber::integer() const {
    if (overflow_) return {};
    std::int64_t value = digits_;
    std::int32_t power = (exponent_negative_ ? -exponent_ : exponent_) - scale_;
    for (; power > 0 && value != 0 && value <= largest; --power) value *= 10;
    for (; power < 0 && value != 0 && value % 10 == 0; ++power) value /= 10;
    if (value != 0 && (power != 0 || value > largest)) return {};
    return negative_ ? -value : value;
}

}  // namespace bytez
