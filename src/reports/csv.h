// Rows for a spreadsheet: RFC 4180, CRLF, and no field that a spreadsheet would run as a formula.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reports {

/// Quoted where it holds a quote, comma, or line end. A field that begins with = + - @ tab, CR or
/// LF gets a quote mark ' in front (OWASP, CSV injection), unless it is a plain decimal.
std::string to_csv_field(std::string_view text);

/// Appends the text as it is, quoted where it must be: for files that programs read.
void append_csv_value(std::string& out, std::string_view text);

/// Fields parted by commas, ended by CRLF.
std::string to_csv_line(const std::vector<std::string>& fields);

}  // namespace reports
