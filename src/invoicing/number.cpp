#include "invoicing/number.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <vector>

namespace invoicing {
namespace {

constexpr std::size_t longest_series = 16;
constexpr std::size_t longest_format = 60;
constexpr std::size_t widest_counter = 12;

enum class Field { literal, series, year, counter };

struct Part {
    Field field;
    std::string text;       // of a literal
    std::size_t width = 1;  // of a counter
};

struct Parsed {
    std::vector<Part> parts = {};
    std::string fault = {};
};

std::string pad(std::int64_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    return digits;
}

bool is_alphanumeric(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_literal(char c) {
    return is_alphanumeric(c) || std::string_view("-/._").find(c) != std::string_view::npos;
}

// 0: no width that may be.
std::size_t read_width(std::string_view digits) {
    std::size_t width = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), width);
    const bool is_whole = error == std::errc() && end == digits.data() + digits.size();
    return is_whole && digits.front() != '0' && width <= widest_counter ? width : 0;
}

// What stands between braces.
void read_field(std::string_view name, Parsed& parsed) {
    if (name == "series") {
        parsed.parts.push_back({Field::series, ""});
    } else if (name == "year") {
        parsed.parts.push_back({Field::year, ""});
    } else if (name == "counter") {
        parsed.parts.push_back({Field::counter, ""});
    } else if (name.starts_with("counter:") && name.size() > 8) {
        const std::size_t width = read_width(name.substr(8));
        if (width == 0) parsed.fault = "must have a counter of 1 to 12 digits";
        parsed.parts.push_back({Field::counter, "", width});
    } else {
        parsed.fault = "may hold {series}, {year} and {counter:N} alone between braces";
    }
}

std::ptrdiff_t times(const Parsed& parsed, Field field) {
    return std::ranges::count(parsed.parts, field, &Part::field);
}

Parsed parse(std::string_view format) {
    Parsed parsed;
    for (std::size_t at = 0; at < format.size() && parsed.fault.empty();) {
        if (format[at] == '{') {
            const std::size_t end = std::min(format.find('}', at), format.size());
            read_field(format.substr(at + 1, end - at - 1), parsed);
            if (end == format.size()) parsed.fault = "must close each brace";
            at = end + 1;
            continue;
        }
        if (!is_literal(format[at])) parsed.fault = "may hold letters, digits and - / . _ alone";
        parsed.parts.push_back({Field::literal, std::string(1, format[at])});
        ++at;
    }
    if (!parsed.fault.empty()) return parsed;
    if (times(parsed, Field::year) != 1 || times(parsed, Field::counter) != 1) {
        parsed.fault = "must hold {year} and {counter:N}, once each: numbers start anew each year";
    } else if (times(parsed, Field::series) > 1) {
        parsed.fault = "may hold {series} once";
    } else if (format.front() == '-') {
        parsed.fault = "must not begin with a hyphen";
    } else if (format.size() > longest_format) {
        parsed.fault = "must have at most 60 characters";
    }
    return parsed;
}

std::string to_text(const Part& part, const Number& number) {
    switch (part.field) {
        case Field::literal:
            return part.text;
        case Field::series:
            return number.series;
        case Field::year:
            return pad(number.year, 4);
        case Field::counter:
            return pad(number.counter, part.width);
    }
    return {};
}

}  // namespace

bool is_series(std::string_view series) {
    const auto is_allowed = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    };
    return !series.empty() && series.size() <= longest_series && series.front() != '-' &&
           series.back() != '-' && std::ranges::all_of(series, is_allowed);
}

std::string find_number_format_fault(std::string_view format) {
    return parse(format).fault;
}

std::string to_text(const Number& number, std::string_view format) {
    const Parsed parsed = parse(format);
    if (!parsed.fault.empty()) {
        throw std::invalid_argument("a format of invoice numbers " + parsed.fault);
    }
    std::string text;
    for (const Part& part : parsed.parts) text += to_text(part, number);
    return text;
}

}  // namespace invoicing
