// The records of a bill's text, whatever its format: names and values as text, with the line where
// each begins. CSV is RFC 4180 with a header; JSON is an array of flat objects, or one object a
// line.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciling/bill.h"

namespace reconciling {

struct Field {
    std::string name;
    std::string value;       // a JSON number as it is written, every digit
    bool is_number = false;  // of JSON
    bool is_nested = false;  // of JSON: an object or array, whose text is not kept
};

struct TextRecord {
    std::uint64_t line = 1;
    std::vector<Field> fields;  // those that are null or empty left out
};

/// Calls `take` for each; what it returns, or what is wrong with the text, ends the reading.
using TakeRecord = std::function<std::optional<Unreadable>(const TextRecord&)>;
[[nodiscard]] std::optional<Unreadable> for_each_record(std::string_view text,
                                                        const TakeRecord& take);

}  // namespace reconciling
