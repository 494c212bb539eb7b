#include "ledger/entered_text.h"

#include "ledger/transaction.h"

namespace ledger {
namespace {

bool is_blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

std::size_t characters_of(const std::string& text) {
    std::size_t count = 0;
    for (const char byte : text) count += (byte & 0xC0) != 0x80 ? 1 : 0;
    return count;
}

}  // namespace

std::string checked_text(const std::string& given, const char* what, std::size_t limit) {
    const std::string text = to_storable(given);
    if (is_blank(text)) throw Refused(std::string("the ") + what + " is empty");
    if (characters_of(text) > limit) {
        throw Refused(std::string("the ") + what + " is longer than " + std::to_string(limit) +
                      " characters");
    }
    return text;
}

}  // namespace ledger
