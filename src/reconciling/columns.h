// Which of a bill's columns mean what.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace reconciling {

enum class Column {
    model,
    created,
    start,
    end,
    seconds,
    billed_seconds,
    amount,
    instance,
    account,
    key
};
constexpr std::size_t column_count = 10;

std::string_view to_text(Column column);
/// By the name that `to_text` gives.
std::optional<Column> find_column(std::string_view name);

/// Their names for our columns: those that --map gives, else the usual ones, in any case.
class ColumnNames {
  public:
    /// `theirs` is compared as it is.
    void map(std::string theirs, Column ours) { mapped_[std::move(theirs)] = ours; }
    /// Absent: a column that says nothing to us.
    std::optional<Column> meaning_of(const std::string& name) const;

  private:
    std::map<std::string, Column> mapped_;
};

}  // namespace reconciling
