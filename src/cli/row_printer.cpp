#include "cli/row_printer.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

namespace cli {
namespace {

// Characters, not bytes: good enough for alignment.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string to_csv(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char byte : text) {
        if (byte == '"') quoted += '"';
        quoted += byte;
    }
    return quoted + "\"";
}

std::string to_heading(std::string name) {
    for (char& byte : name) {
        byte =
            byte == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
    }
    return name;
}

}  // namespace

void RowFormat::add_to(CLI::App& command, const std::vector<std::string>& more) {
    std::vector<std::string> names{"table", "json", "csv"};
    names.insert(names.end(), more.begin(), more.end());
    command.add_option("--format", name, "how rows are printed")
        ->check(CLI::IsMember(names))
        ->capture_default_str();
}

std::string to_printable(const std::string& text) {
    std::string printable = text;
    for (char& byte : printable) {
        if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) byte = '?';
    }
    return printable;
}

RowPrinter::RowPrinter(std::vector<std::string> columns) : columns_(std::move(columns)) {}

void RowPrinter::add(std::vector<std::optional<std::string>> cells) {
    cells.resize(columns_.size());
    rows_.push_back(std::move(cells));
}

void RowPrinter::print(const RowFormat& format, std::ostream& out) const {
    if (format.name == "json") return print_json(out);
    if (format.name == "csv") return print_csv(out);
    print_table(out);
}

void RowPrinter::print_table(std::ostream& out) const {
    std::vector<std::vector<std::string>> lines(1);
    for (const std::string& column : columns_) lines[0].push_back(to_heading(column));
    for (const auto& row : rows_) {
        auto& line = lines.emplace_back();
        for (const auto& cell : row) line.push_back(to_printable(cell.value_or("-")));
    }
    std::vector<std::size_t> widths(columns_.size());
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            widths[i] = std::max(widths[i], width_of(line[i]));
        }
    }
    for (const auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            out << line[i];
            if (i + 1 < line.size()) out << std::string(widths[i] - width_of(line[i]) + 2, ' ');
        }
        out << "\n";
    }
}

void RowPrinter::print_csv(std::ostream& out) const {
    const auto print_line = [&](const auto& cells, const auto& text_of) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            out << (i == 0 ? "" : ",") << to_csv(text_of(cells[i]));
        }
        out << "\r\n";
    };
    print_line(columns_, [](const std::string& name) { return name; });
    for (const auto& row : rows_) {
        print_line(row, [](const std::optional<std::string>& cell) { return cell.value_or(""); });
    }
}

void RowPrinter::print_json(std::ostream& out) const {
    auto list = nlohmann::ordered_json::array();
    for (const auto& row : rows_) {
        nlohmann::ordered_json object;
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (row[i]) {
                object[columns_[i]] = *row[i];
            } else {
                object[columns_[i]] = nullptr;
            }
        }
        list.push_back(std::move(object));
    }
    out << list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

}  // namespace cli
