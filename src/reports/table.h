// Rows for a person: columns of equal width in a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reports {

enum class Align { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
};

/// Titles, rows, and, apart by a rule, the footer where it is not empty. Two blanks between
/// columns, none at a line's end. Control characters are shown as U+FFFD: a name cannot drive the
/// terminal.
std::string to_table(const std::vector<Column>& columns,
                     const std::vector<std::vector<std::string>>& rows,
                     const std::vector<std::string>& footer = {});

/// Cells that UTF-8 text takes in a terminal: two for East Asian wide characters, none for
/// combining marks.
std::size_t display_width(std::string_view text);

/// The text with its control characters replaced.
std::string to_printable(std::string_view text);

/// The texts with commas between them.
std::string joined(const std::vector<std::string>& texts);

}  // namespace reports
