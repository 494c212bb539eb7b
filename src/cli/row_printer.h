// Rows for people and for programs: an aligned table, CSV (RFC 4180) or JSON, from the same cells.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cli {

/// The value of --format.
struct RowFormat {
    std::string name = "table";
    /// `more`: further names the command takes, such as jsonl.
    void add_to(CLI::App& command, const std::vector<std::string>& more = {});
};

class RowPrinter {
  public:
    /// Column names as JSON and CSV have them, lower case with underscores.
    explicit RowPrinter(std::vector<std::string> columns);
    /// One cell a column; absent: unknown or not there (null, empty, -).
    void add(std::vector<std::optional<std::string>> cells);
    void print(const RowFormat& format, std::ostream& out) const;

  private:
    void print_table(std::ostream& out) const;
    void print_csv(std::ostream& out) const;
    void print_json(std::ostream& out) const;

    std::vector<std::string> columns_;
    std::vector<std::vector<std::optional<std::string>>> rows_;
};

/// Text that a terminal cannot be fooled by: control characters become `?`.
std::string to_printable(const std::string& text);

}  // namespace cli
