#include "reconciling/bill_reader.h"

#include "reconciling/records.h"

namespace reconciling {
namespace {

using calendar::Instant;
using money::Decimal;

std::optional<Instant> parse_their_instant(std::string text) {
    if (text.size() > 10 && text[10] == ' ') text[10] = 'T';
    return calendar::parse_instant(text);
}

/// No bill needs more; sums of what fits stay far from what a Decimal holds.
const Decimal number_limit(1'000'000'000'000'000'000);
constexpr unsigned decimals_limit = 30;

std::optional<Decimal> parse_their_decimal(const Field& field) {
    const auto value =
        field.is_number ? money::parse_json_number(field.value) : money::parse_decimal(field.value);
    if (!value || value->decimals() > decimals_limit) return std::nullopt;
    return *value < number_limit && -*value < number_limit ? value : std::nullopt;
}

/// Fills one line from one record.
class LineReader {
  public:
    LineReader(const TextRecord& record, const ColumnNames& names) {
        line_.number = record.line;
        for (const Field& field : record.fields)
            if (const auto column = names.meaning_of(field.name)) place(*column, field);
        if (why_.empty()) take_all();
    }

    const std::string& why() const { return why_; }
    const BillLine& line() const { return line_; }

  private:
    const Field* at(Column column) const { return fields_[static_cast<std::size_t>(column)]; }

    void fail(Column column, const std::string& why) {
        if (why_.empty()) why_ = std::string(to_text(column)) + " " + why;
    }

    void place(Column column, const Field& field) {
        const Field*& place = fields_[static_cast<std::size_t>(column)];
        if (place)
            fail(column, "is told by two columns, `" + place->name + "` and `" + field.name +
                             "`: say which by --map");
        if (field.is_nested) fail(column, "is no plain value");
        place = &field;
    }

    void take(Column column, std::string& to) {
        if (const Field* field = at(column)) to = field->value;
    }
    void take(Column column, std::optional<Instant>& to) {
        const Field* field = at(column);
        if (!field) return;
        to = field->is_number ? std::nullopt : parse_their_instant(field->value);
        if (!to)
            fail(column, "is not an instant such as 2026-10-05T10:00:00Z, with Z or an offset: " +
                             field->value);
    }
    void take(Column column, std::optional<Decimal>& to) {
        const Field* field = at(column);
        if (!field) return;
        to = parse_their_decimal(*field);
        if (!to)
            fail(column,
                 "is not a decimal such as 12.5, below 10^18 and with at most 30 decimals: " +
                     field->value);
    }
    void take_length(Column column, std::optional<Decimal>& to) {
        take(column, to);
        if (to && to->is_negative()) fail(column, "is negative");
    }

    void take_all() {
        take(Column::model, line_.model);
        take(Column::created, line_.created);
        take(Column::start, line_.start);
        take(Column::end, line_.end);
        take_length(Column::seconds, line_.seconds);
        take_length(Column::billed_seconds, line_.billed_seconds);
        take(Column::amount, line_.amount);
        take(Column::instance, line_.instance);
        take(Column::account, line_.account);
        take(Column::key, line_.key);
        if (line_.model.empty()) fail(Column::model, "is missing");
        if (!line_.since()) fail(Column::start, "is missing, and so is created");
        if (line_.start && line_.end && *line_.end < *line_.start)
            fail(Column::end, "lies before the start");
    }

    std::array<const Field*, column_count> fields_{};
    BillLine line_;
    std::string why_;
};

}  // namespace

std::variant<std::vector<BillLine>, Unreadable> read_bill(std::string_view text,
                                                          const ColumnNames& names) {
    std::vector<BillLine> lines;
    if (text.size() > bill_bytes_limit)
        return Unreadable{1, "is larger than " + std::to_string(bill_bytes_limit >> 20) + " MiB"};
    const auto fault =
        for_each_record(text, [&](const TextRecord& record) -> std::optional<Unreadable> {
            if (lines.size() == bill_lines_limit)
                return Unreadable{record.line, "is beyond the " + std::to_string(bill_lines_limit) +
                                                   " lines that are compared at once"};
            const LineReader reader(record, names);
            if (!reader.why().empty()) return Unreadable{record.line, reader.why()};
            lines.push_back(reader.line());
            return std::nullopt;
        });
    if (fault) return *fault;
    return lines;
}

}  // namespace reconciling
