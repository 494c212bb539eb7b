#include "invoicing/number.h"

#include <algorithm>
#include <charconv>

namespace invoicing {
namespace {

constexpr std::size_t counter_digits = 6;
constexpr std::size_t longest_series = 16;

std::string pad(std::int64_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    return digits;
}

template <class Integer>
std::optional<Integer> read_digits(std::string_view text) {
    Integer value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return {};
    return value;
}

}  // namespace

bool is_series(std::string_view series) {
    const auto is_allowed = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !series.empty() && series.size() <= longest_series && series.front() != '-' &&
           series.back() != '-' && std::ranges::all_of(series, is_allowed);
}

std::string to_text(const Number& number) {
    return number.series + "-" + pad(number.year, 4) + "-" + pad(number.counter, counter_digits);
}

std::optional<Number> parse_number(std::string_view text) {
    const std::size_t second = text.rfind('-');
    if (second == std::string_view::npos || second == 0) return {};
    const std::size_t first = text.rfind('-', second - 1);
    if (first == std::string_view::npos) return {};
    const auto year = read_digits<int>(text.substr(first + 1, second - first - 1));
    const auto counter = read_digits<std::int64_t>(text.substr(second + 1));
    if (!year || !counter || *counter == 0) return {};
    Number number{.series = std::string(text.substr(0, first)), .year = *year, .counter = *counter};
    if (!is_series(number.series) || to_text(number) != text) return {};
    return number;
}

}  // namespace invoicing
