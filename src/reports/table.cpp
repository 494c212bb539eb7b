#include "reports/table.h"

#include <algorithm>
#include <array>

namespace reports {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

// The common part of Unicode's East_Asian_Width W and F, and of its combining marks.
constexpr std::array wide = {
    Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},   Range{0x3041, 0xA4CF},  Range{0xAC00, 0xD7A3},
    Range{0xF900, 0xFAFF},   Range{0xFE30, 0xFE6F},   Range{0xFF00, 0xFF60},  Range{0xFFE0, 0xFFE6},
    Range{0x1F300, 0x1F64F}, Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};
constexpr std::array zero_width = {
    Range{0x0300, 0x036F}, Range{0x0591, 0x05BD}, Range{0x064B, 0x065F}, Range{0x0941, 0x0948},
    Range{0x200B, 0x200F}, Range{0x20D0, 0x20F0}, Range{0xFE00, 0xFE0F}, Range{0xFE20, 0xFE2F}};

template <std::size_t count>
bool contains(const std::array<Range, count>& ranges, char32_t code) {
    return std::ranges::any_of(
        ranges, [code](const Range& range) { return code >= range.first && code <= range.last; });
}

// The code point at `place`, which moves behind it. The text is UTF-8; a stray byte is itself.
char32_t take_code_point(std::string_view text, std::size_t& place) {
    const auto lead = static_cast<unsigned char>(text[place++]);
    const unsigned following = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    char32_t code = following == 0 ? lead : lead & (0x3Fu >> following);
    for (unsigned i = 0; i < following && place < text.size(); ++i) {
        code = (code << 6) | (static_cast<unsigned char>(text[place++]) & 0x3Fu);
    }
    return code;
}

void append_cell(std::string& line, const std::string& text, Align align, std::size_t width) {
    const std::size_t taken = display_width(text);
    const std::string blanks(width > taken ? width - taken : 0, ' ');
    line += align == Align::left ? text + blanks : blanks + text;
}

std::string to_line(const std::vector<Column>& columns, const std::vector<std::string>& cells,
                    const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) line += "  ";
        append_cell(line, to_printable(cells.at(i)), columns[i].align, widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

}  // namespace

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t place = 0; place < text.size();) {
        const char32_t code = take_code_point(text, place);
        width += contains(zero_width, code) ? 0 : contains(wide, code) ? 2 : 1;
    }
    return width;
}

std::string to_printable(std::string_view text) {
    std::string result;
    for (std::size_t place = 0; place < text.size();) {
        const std::size_t start = place;
        const char32_t code = take_code_point(text, place);
        const bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0);
        result += is_control ? "\xEF\xBF\xBD" : text.substr(start, place - start);
    }
    return result;
}

std::string to_table(const std::vector<Column>& columns,
                     const std::vector<std::vector<std::string>>& rows,
                     const std::vector<std::string>& footer) {
    std::vector<std::size_t> widths;
    for (const Column& column : columns) widths.push_back(display_width(column.title));
    const auto widen = [&](const std::vector<std::string>& cells) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            widths[i] = std::max(widths[i], display_width(to_printable(cells.at(i))));
        }
    };
    std::ranges::for_each(rows, widen);
    if (!footer.empty()) widen(footer);

    std::vector<std::string> titles;
    for (const Column& column : columns) titles.push_back(column.title);
    std::string text = to_line(columns, titles, widths);
    for (const auto& cells : rows) text += to_line(columns, cells, widths);
    if (!footer.empty()) {
        std::size_t total = 2 * (columns.size() - 1);
        for (const std::size_t width : widths) total += width;
        text += std::string(total, '-') + "\n" + to_line(columns, footer, widths);
    }
    return text;
}

std::string joined(const std::vector<std::string>& texts) {
    std::string text;
    for (const std::string& part : texts) text.append(text.empty() ? "" : ", ").append(part);
    return text;
}

}  // namespace reports
