#include "origin/text.h"

namespace origin {
namespace {

/// Length of the UTF-8 sequence at the start of `text`; 0 where there is none.
std::size_t sequence_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[1]) : 0U;
    // Overlong forms, surrogates, and what lies beyond U+10FFFF.
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) {
        return 0;
    }
    return length;
}

}  // namespace

std::string printable_tail(std::string_view text, std::size_t limit) {
    if (text.size() > limit) text.remove_prefix(text.size() - limit);
    std::string out;
    bool line_ended = false;
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        const auto lead = static_cast<unsigned char>(text.front());
        if (lead == '\n') line_ended = true;
        if (length > 1 || (length == 1 && lead >= 0x20 && lead != 0x7f)) {
            if (line_ended && !out.empty()) out += " | ";
            line_ended = false;
            if (!(out.empty() && lead == ' ')) out += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string gibibytes_text(std::uint64_t bytes) {
    constexpr std::uint64_t kGibibyte = std::uint64_t{1} << 30;
    std::string out = std::to_string(bytes / kGibibyte);
    std::uint64_t rest = bytes % kGibibyte;
    if (rest != 0) out += '.';
    while (rest != 0) {
        rest *= 10;
        out += static_cast<char>('0' + rest / kGibibyte);
        rest %= kGibibyte;
    }
    return out;
}

}  // namespace origin
