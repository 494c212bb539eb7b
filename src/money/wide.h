// An unsigned integer of 384 bits (115 decimal digits), the coefficient inside a Decimal. Fixed in
// size, so that a number from outside can never make us allocate; what does not fit throws.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

namespace money {

class Wide {
  public:
    static constexpr std::size_t limb_limit = 6;

    constexpr Wide() = default;
    constexpr explicit Wide(std::uint64_t value) : size_(value == 0 ? 0 : 1) { limbs_[0] = value; }

    bool is_zero() const { return size_ == 0; }

    // Each throws std::overflow_error when the result has more than 384 bits.
    Wide& add(const Wide& other);
    Wide& add(std::uint64_t value);
    Wide& multiply(std::uint64_t factor);
    Wide& multiply_by_power_of_ten(unsigned exponent);
    friend Wide operator*(const Wide& a, const Wide& b);

    /// `other` must not be greater.
    Wide& subtract(const Wide& other);
    /// Divides in place, towards zero; returns the remainder. `divisor` is not zero.
    std::uint64_t divide(std::uint64_t divisor);
    Wide& divide_by_power_of_ten(unsigned exponent);

    friend std::strong_ordering operator<=>(const Wide& a, const Wide& b);
    friend bool operator==(const Wide& a, const Wide& b) { return (a <=> b) == 0; }

    /// Appends the decimal digits, at least `width` of them (zeros in front).
    void append_digits(std::string& out, std::size_t width = 1) const;

  private:
    void push(std::uint64_t limb);
    void trim();

    std::array<std::uint64_t, limb_limit> limbs_{};  // little end first; zero from size_ on
    std::size_t size_ = 0;                           // limbs in use; the last of them is not zero
};

}  // namespace money
