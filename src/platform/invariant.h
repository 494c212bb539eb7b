// What can never be, unless this program is wrong: checked always, also in release builds. Says
// where, with the values given, and aborts: a wrong program must not go on writing bills.
#pragma once

#include <concepts>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>

namespace platform {

namespace detail {

/// Takes the place of the caller along with the condition.
struct Condition {
    Condition(bool condition,  // NOLINT: implicit, so that a call reads invariant(a < b)
              std::source_location location = std::source_location::current())
        : holds(condition), where(location) {}
    bool holds;
    std::source_location where;
};

[[noreturn]] void abort_on(const std::source_location& where,
                           std::initializer_list<std::string> values);

template <class Value>
std::string to_text(const Value& value) {
    if constexpr (std::integral<Value>) {
        return std::to_string(value);
    } else {
        return std::string(std::string_view(value));
    }
}

}  // namespace detail

/// `values`: integers and text that help to understand it; never a secret.
template <class... Values>
void invariant(const detail::Condition& condition, const Values&... values) {
    if (!condition.holds) [[unlikely]] {
        detail::abort_on(condition.where, {detail::to_text(values)...});
    }
}

}  // namespace platform
