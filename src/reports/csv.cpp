#include "reports/csv.h"

#include "money/decimal.h"

namespace reports {

std::string to_csv_field(std::string_view text) {
    std::string field;
    constexpr std::string_view starts_of_formulas = "=+-@\t\r\n";
    if (!text.empty() && starts_of_formulas.find(text.front()) != std::string_view::npos &&
        !money::parse_decimal(text)) {
        field += '\'';
    }
    field += text;
    std::string value;
    append_csv_value(value, field);
    return value;
}

void append_csv_value(std::string& out, std::string_view text) {
    if (text.find_first_of("\",\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    out += '"';
}

std::string to_csv_line(const std::vector<std::string>& fields) {
    std::string line;
    for (const std::string& field : fields) {
        if (!line.empty() || &field != fields.data()) line += ',';
        line += to_csv_field(field);
    }
    return line + "\r\n";
}

}  // namespace reports
