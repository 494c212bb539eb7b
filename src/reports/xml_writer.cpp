#include "reports/xml_writer.h"

#include <utility>

namespace reports {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
    char32_t code = 0xFFFF;  // no character of XML
    std::size_t bytes = 1;
};

bool is_continuation(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u;
}

// The first of a text that is not empty. What is no UTF-8 is one byte and no character.
Character first_of(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return {.code = lead};
    const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    constexpr char32_t smallest[] = {0x80, 0x800, 0x10000};  // else it is too long a form
    if (lead < 0xC0 || lead > 0xF4 || text.size() < bytes) return {};
    char32_t code = lead & (0x7Fu >> bytes);
    for (const char byte : text.substr(1, bytes - 1)) {
        if (!is_continuation(byte)) return {};
        code = code << 6 | (static_cast<unsigned char>(byte) & 0x3Fu);
    }
    if (code < smallest[bytes - 2]) return {};
    return {.code = code, .bytes = bytes};
}

// The production Char of XML 1.0.
bool is_allowed(char32_t code) {
    if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
    return code <= 0xD7FF || (code >= 0xE000 && code <= 0xFFFD) ||
           (code >= 0x10000 && code <= 0x10FFFF);
}

// Empty: it stands for itself. A reader would take a bare CR for LF.
std::string_view reference_to(char32_t code) {
    switch (code) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\r':
            return "&#13;";
        default:
            return {};
    }
}

}  // namespace

std::string to_xml_text(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const Character next = first_of(text);
        const std::string_view reference = reference_to(next.code);
        if (!is_allowed(next.code)) {
            result += replacement;
        } else if (!reference.empty()) {
            result += reference;
        } else {
            result += text.substr(0, next.bytes);
        }
        text.remove_prefix(next.bytes);
    }
    return result;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void XmlWriter::start(std::string_view name, const Attributes& attributes) {
    body_.append(2 * depth_, ' ').append("<").append(name);
    for (const auto& [attribute, value] : attributes) {
        body_.append(" ").append(attribute).append("=\"").append(to_xml_text(value)).append("\"");
    }
    body_ += '>';
}

void XmlWriter::nest(std::string_view name, const Attributes& attributes,
                     const std::function<void()>& write) {
    const std::size_t before = body_.size();
    start(name, attributes);
    body_ += '\n';
    const std::size_t opened = body_.size();
    ++depth_;
    write();
    --depth_;
    if (body_.size() == opened) {
        body_.resize(before);
        return;
    }
    body_.append(2 * depth_, ' ').append("</").append(name).append(">\n");
}

void XmlWriter::put(std::string_view name, std::string_view text, const Attributes& attributes) {
    if (is_blank(text)) return;
    start(name, attributes);
    body_.append(to_xml_text(text)).append("</").append(name).append(">\n");
}

std::string XmlWriter::finish() {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + std::move(body_);
}

}  // namespace reports
