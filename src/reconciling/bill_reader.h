// Reads an upstream's bill or usage export: CSV with a header, a JSON array, or JSON Lines; which,
// its first character tells. Strict: one line that cannot be understood and nothing is compared,
// since a bill that is half read would seem to lack what it says.
#pragma once

#include <string_view>
#include <variant>
#include <vector>

#include "reconciling/bill.h"
#include "reconciling/columns.h"

namespace reconciling {

/// Needed of each line: model, and start or created. Instants are RFC 3339 with Z or an offset (a
/// blank for the T is taken); without one they would be guessed at, and are refused.
[[nodiscard]] std::variant<std::vector<BillLine>, Unreadable> read_bill(std::string_view text,
                                                                        const ColumnNames& names);

}  // namespace reconciling
