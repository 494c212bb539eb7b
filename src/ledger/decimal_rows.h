// Inside the ledger: numeric columns as exact decimals.
#pragma once

#include <optional>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>

#include "money/decimal.h"

namespace ledger {

/// Throws std::runtime_error: it is none, or has more digits than ours take.
inline money::Decimal read_decimal(const pqxx::field& field) {
    const auto decimal = money::parse_decimal(field.c_str());
    if (!decimal) throw std::runtime_error(std::string("not a decimal: ") + field.c_str());
    return *decimal;
}

inline std::optional<money::Decimal> find_decimal(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return read_decimal(field);
}

}  // namespace ledger
