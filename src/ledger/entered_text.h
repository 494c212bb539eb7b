// Inside the ledger: what an operator writes into the books, with who answers for it.
#pragma once

#include <string>

namespace ledger {

constexpr std::size_t longest_name = 200;     // characters
constexpr std::size_t longest_reason = 1000;  // characters

/// As it can be stored. Throws Refused, with `what` it is: it is blank, or longer than `limit`
/// characters.
std::string checked_text(const std::string& given, const char* what, std::size_t limit);

}  // namespace ledger
