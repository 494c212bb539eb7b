#include "lifecycle/json_text.h"

#include <cstdint>

#include "lifecycle/plain_run.h"

namespace lifecycle {
namespace {

void append_control(unsigned char c, std::string& out) {
    constexpr std::string_view hex = "0123456789abcdef";
    switch (c) {
        case '\b':
            out += "\\b";
            return;
        case '\t':
            out += "\\t";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\f':
            out += "\\f";
            return;
        case '\r':
            out += "\\r";
            return;
        default:
            out += "\\u00";
            out += hex[c >> 4];
            out += hex[c & 15];
    }
}

bool is_continuation(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
}

/// The length of the UTF-8 sequence at `at` (its first byte is not ASCII); 0 when it is none:
/// truncated, overlong, a surrogate, beyond U+10FFFF.
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const auto first = static_cast<unsigned char>(text[at]);
    const auto second = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0u;
    if (!is_continuation(text, at + 1)) return 0;
    if (first >= 0xC2 && first <= 0xDF) return 2;
    if (!is_continuation(text, at + 2)) return 0;
    if (first == 0xE0) return second >= 0xA0 ? 3 : 0;
    if (first == 0xED) return second <= 0x9F ? 3 : 0;
    if (first >= 0xE1 && first <= 0xEF) return 3;
    if (!is_continuation(text, at + 3)) return 0;
    if (first == 0xF0) return second >= 0x90 ? 4 : 0;
    if (first == 0xF4) return second <= 0x8F ? 4 : 0;
    return first >= 0xF1 && first <= 0xF3 ? 4 : 0;
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// The character for which append_control or append_json_text writes the escape at `at`, and its
/// length; 0: for none.
struct Escape {
    char character = 0;
    std::size_t length = 0;
};

Escape read_escape(std::string_view text, std::size_t at) {
    constexpr std::string_view letters = "btnfr\"\\";
    constexpr std::string_view meanings = "\b\t\n\f\r\"\\";
    if (at + 1 >= text.size()) return {};
    const std::size_t place = letters.find(text[at + 1]);
    if (place != std::string_view::npos) return {meanings[place], 2};
    if (!text.substr(at).starts_with("\\u00") || at + 6 > text.size()) return {};
    const int high = hex_value(text[at + 4]);
    const int low = hex_value(text[at + 5]);
    if (high < 0 || high > 1 || low < 0) return {};
    const char character = static_cast<char>(high * 16 + low);
    if (meanings.find(character) != std::string_view::npos) return {};
    return {character, 6};
}

std::size_t plain_end(std::string_view text, std::size_t at) {
    const char* const data = text.data();
    return static_cast<std::size_t>(skip_plain(data + at, data + text.size()) - data);
}

}  // namespace

void append_json_text(std::string_view text, std::string& out) {
    out += '"';
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = plain_end(text, at);
        out.append(text, at, end - at);
        at = end;
        if (at == text.size()) break;
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte >= 0x80) {
            const std::size_t length = sequence_length(text, at);
            if (length == 0) {
                out += "\xEF\xBF\xBD";
            } else {
                out.append(text, at, length);
            }
            at += length == 0 ? 1 : length;
            continue;
        }
        if (byte < 0x20) {
            append_control(byte, out);
        } else {
            out += '\\';
            out += text[at];
        }
        ++at;
    }
    out += '"';
}

bool take_json_text(std::string_view& rest, std::string& out) {
    if (!rest.starts_with('"')) return false;
    out.clear();
    std::size_t at = 1;
    while (true) {
        const std::size_t end = plain_end(rest, at);
        out.append(rest, at, end - at);
        at = end;
        if (at == rest.size()) return false;
        if (rest[at] == '"') break;
        if (static_cast<unsigned char>(rest[at]) >= 0x80) {
            const std::size_t length = sequence_length(rest, at);
            if (length == 0) return false;
            out.append(rest, at, length);
            at += length;
            continue;
        }
        const Escape escape = rest[at] == '\\' ? read_escape(rest, at) : Escape{};
        if (escape.length == 0) return false;
        out += escape.character;
        at += escape.length;
    }
    rest.remove_prefix(at + 1);
    return true;
}

}  // namespace lifecycle
