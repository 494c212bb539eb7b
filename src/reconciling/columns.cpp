#include "reconciling/columns.h"

#include <algorithm>

namespace reconciling {
namespace {

struct Name {
    std::string_view theirs;
    Column ours;
};

constexpr std::array our_names = {
    Name{"model", Column::model},     Name{"created", Column::created},
    Name{"start", Column::start},     Name{"end", Column::end},
    Name{"seconds", Column::seconds}, Name{"billed_seconds", Column::billed_seconds},
    Name{"amount", Column::amount},   Name{"instance", Column::instance},
    Name{"account", Column::account}, Name{"key", Column::key},
};
static_assert(our_names.size() == column_count);

constexpr std::array usual_names = {
    Name{"model_name", Column::model},
    Name{"created_at", Column::created},
    Name{"started_at", Column::start},
    Name{"start_time", Column::start},
    Name{"running_at", Column::start},
    Name{"ended_at", Column::end},
    Name{"end_time", Column::end},
    Name{"stopped_at", Column::end},
    Name{"used_seconds", Column::seconds},
    Name{"duration_seconds", Column::seconds},
    Name{"billable_seconds", Column::billed_seconds},
    Name{"cost", Column::amount},
    Name{"instance_id", Column::instance},
    Name{"session", Column::instance},
    Name{"account_id", Column::account},
    Name{"api_key", Column::key},
};

std::string to_lower(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

}  // namespace

std::string_view to_text(Column column) {
    return our_names.at(static_cast<std::size_t>(column)).theirs;
}

std::optional<Column> find_column(std::string_view name) {
    for (const Name& known : our_names)
        if (known.theirs == name) return known.ours;
    return std::nullopt;
}

std::optional<Column> ColumnNames::meaning_of(const std::string& name) const {
    if (const auto mapped = mapped_.find(name); mapped != mapped_.end()) return mapped->second;
    const std::string lower = to_lower(name);
    const auto usual = find_column(lower);
    auto meaning = usual;
    for (const Name& known : usual_names)
        if (known.theirs == lower) meaning = known.ours;
    // A usual name gives way to one that was named for it.
    const bool is_taken = meaning && std::ranges::any_of(mapped_, [&](const auto& entry) {
                              return entry.second == *meaning;
                          });
    return is_taken ? std::nullopt : meaning;
}

}  // namespace reconciling
