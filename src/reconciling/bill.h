// An upstream's bill or usage export as values: what it says of each instance it billed. Owns the
// shape and the limits; bill_reader.h reads one, matching.h holds it against our sessions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "calendar/instant.h"
#include "money/decimal.h"

namespace reconciling {

/// What a file may hold; more is refused, so that one that is not a bill cannot fill the memory.
constexpr std::size_t bill_bytes_limit = 64u << 20;
constexpr std::size_t bill_lines_limit = 200'000;

/// One instance's life as billed. Absent: the export has no such column, or nothing in it.
struct BillLine {
    std::uint64_t number = 0;  // where it begins in the file, from 1
    std::string model;
    std::optional<calendar::Instant> created;  // the instance's, which identifies it
    std::optional<calendar::Instant> start;
    std::optional<calendar::Instant> end;
    std::optional<money::Decimal> seconds;         // used: end − start
    std::optional<money::Decimal> billed_seconds;  // after rounding and minimum
    std::optional<money::Decimal> amount;
    std::string instance;  // theirs, or our session's id
    std::string account;
    std::string key;

    /// When it began, as far as it says.
    std::optional<calendar::Instant> since() const { return start ? start : created; }
};

/// Why a file is no bill: the line, and a sentence.
struct Unreadable {
    std::uint64_t line = 1;
    std::string why;
};

}  // namespace reconciling
