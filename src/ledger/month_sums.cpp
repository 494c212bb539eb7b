#include "ledger/month_sums.h"

#include <stdexcept>

#include "ledger/array_text.h"
#include "ledger/decimal_rows.h"

namespace ledger {
namespace {

using metering::Owed;
using money::Decimal;

const std::string name_columns = "period, account_id, model, upstream, plan, currency";
const std::string sum_columns =
    "sessions, unpriced_sessions, runs, seconds, used_seconds, rounding_seconds, minimum_seconds, "
    "spin_down_seconds, gb_seconds, amount, entries, charged_runs";

std::int64_t is_unpriced(const Owed& owed) {
    return is_owed(owed) && owed.status == "unpriced" ? 1 : 0;
}

Decimal value_of(const std::optional<Decimal>& value) {
    return value.value_or(Decimal());
}

/// A statement's columns, each an array.
class Columns {
  public:
    void add(std::size_t column, std::string_view text) { columns_.at(column).add(text); }
    void add(std::size_t column, std::int64_t value) { add(column, std::to_string(value)); }
    void add(std::size_t column, const Decimal& value) { add(column, money::to_text(value)); }
    std::string text(std::size_t column) const { return columns_.at(column).text(); }

  private:
    std::array<ArrayText, 18> columns_;
};

std::string updates() {
    std::string text;
    for (const char* column : {"sessions", "unpriced_sessions", "runs", "seconds", "used_seconds",
                               "rounding_seconds", "minimum_seconds", "spin_down_seconds",
                               "gb_seconds", "amount", "entries", "charged_runs"}) {
        text.append(text.empty() ? "" : ", ").append(column).append(" = m.").append(column);
        text.append(" + excluded.").append(column);
    }
    return text;
}

}  // namespace

bool is_owed(const Owed& owed) {
    return owed.status != "free" || !owed.seconds.is_zero();
}

bool is_entry(const Owed& owed, std::int64_t runs) {
    return owed.status == "unpriced" || runs != 0 || !owed.used.is_zero() ||
           !owed.seconds.is_zero() || !value_of(owed.gb_seconds).is_zero() ||
           !value_of(owed.amount).is_zero();
}

void MonthSumChanges::add(const MonthSumName& name, const Owed& now, const Owed& before) {
    Change& change = changes_[name];
    change.sessions += (is_owed(now) ? 1 : 0) - (is_owed(before) ? 1 : 0);
    change.unpriced += is_unpriced(now) - is_unpriced(before);
    Owed& sums = change.sums;
    sums.seconds += now.seconds - before.seconds;
    sums.used += now.used - before.used;
    sums.rounding += now.rounding - before.rounding;
    sums.minimum += now.minimum - before.minimum;
    sums.spin_down += now.spin_down - before.spin_down;
    sums.gb_seconds =
        value_of(sums.gb_seconds) + value_of(now.gb_seconds) - value_of(before.gb_seconds);
    sums.amount = value_of(sums.amount) + value_of(now.amount) - value_of(before.amount);
}

void MonthSumChanges::add_runs(const MonthSumName& name, std::int64_t change) {
    if (change != 0) changes_[name].runs += change;
}

void MonthSumChanges::add_entry(const MonthSumName& name, int entries, std::int64_t runs) {
    Change& change = changes_[name];
    change.entries += entries;
    change.charged_runs += runs;
}

void MonthSumChanges::write(Work& work) const {
    if (changes_.empty()) return;
    Columns columns;
    for (const auto& [name, change] : changes_) {
        columns.add(0, name.period);
        columns.add(1, name.account.text());
        columns.add(2, name.model.text());
        columns.add(3, name.upstream.text());
        columns.add(4, name.plan);
        columns.add(5, name.currency);
        columns.add(6, change.sessions);
        columns.add(7, change.unpriced);
        columns.add(8, change.runs);
        columns.add(9, change.sums.seconds);
        columns.add(10, change.sums.used);
        columns.add(11, change.sums.rounding);
        columns.add(12, change.sums.minimum);
        columns.add(13, change.sums.spin_down);
        columns.add(14, value_of(change.sums.gb_seconds));
        columns.add(15, value_of(change.sums.amount));
        columns.add(16, change.entries);
        columns.add(17, change.charged_runs);
    }
    // In one order everywhere: two transactions never wait for each other's rows in a circle.
    work.exec_params(
        "INSERT INTO month_sums AS m (" + name_columns + ", " + sum_columns +
            ") SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], "
            "$6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::numeric[], "
            "$11::numeric[], $12::numeric[], $13::numeric[], $14::numeric[], $15::numeric[], "
            "$16::numeric[], $17::bigint[], $18::bigint[]) ORDER BY 1, 2, 3, 4, 5, 6 ON CONFLICT "
            "(" +
            name_columns + ") DO UPDATE SET " + updates(),
        columns.text(0), columns.text(1), columns.text(2), columns.text(3), columns.text(4),
        columns.text(5), columns.text(6), columns.text(7), columns.text(8), columns.text(9),
        columns.text(10), columns.text(11), columns.text(12), columns.text(13), columns.text(14),
        columns.text(15), columns.text(16), columns.text(17));
}

std::vector<invoicing::UsageRow> read_month_sums(
    Work& work, const std::string& period, invoicing::UsageBy by,
    const std::optional<lifecycle::AccountId>& account) {
    std::optional<std::string> wanted;
    if (account) wanted = account->text();
    const std::string part = by == invoicing::UsageBy::model ? "m.model" : "''";
    std::vector<invoicing::UsageRow> rows;
    for (const auto& row : work.exec_params(
             // What open sessions were charged for counts live, with the rest of them.
             "WITH open AS (SELECT v.* , CASE WHEN v.is_first THEN s.runs ELSE 0 END AS runs "
             "FROM sessions s CROSS JOIN LATERAL (SELECT * FROM session_sums v WHERE "
             "v.account_id = s.account_id AND v.session_id = s.id OFFSET 0) v WHERE "
             "s.end_reason IS NULL AND v.period = $1 AND ($2::text IS NULL OR "
             "s.account_id = $2)), "
             "m AS (SELECT account_id, model, sessions, unpriced_sessions, runs, seconds, "
             "used_seconds, rounding_seconds, minimum_seconds, spin_down_seconds, gb_seconds, "
             "amount FROM month_sums WHERE period = $1 AND ($2::text IS NULL OR account_id = $2) "
             "UNION ALL SELECT account_id, model, -(stands::int), "
             "-((stands AND status = 'unpriced')::int), -runs, -seconds, -used_seconds, "
             "-rounding_seconds, -minimum_seconds, -spin_down_seconds, -gb_seconds, -amount "
             "FROM open) "
             "SELECT sums.*, a.name, a.timezone FROM (SELECT m.account_id, " +
                 part +
                 " AS part, sum(sessions)::bigint AS sessions, sum(unpriced_sessions)::bigint, "
                 "sum(runs)::bigint, sum(seconds), sum(used_seconds), sum(rounding_seconds), "
                 "sum(minimum_seconds), sum(spin_down_seconds), sum(gb_seconds), sum(amount) "
                 "FROM m GROUP BY 1, 2) sums JOIN accounts a ON a.id = sums.account_id "
                 "WHERE sums.sessions <> 0",
             period, wanted)) {
        rows.push_back({.account_id = lifecycle::AccountId(row[0].as<std::string>()),
                        .account = row[12].as<std::string>(),
                        .timezone = row[13].as<std::string>(),
                        .part = row[1].as<std::string>(),
                        .sums = {.sessions = row[2].as<std::int64_t>(),
                                 .unpriced_sessions = row[3].as<std::int64_t>(),
                                 .inferences = row[4].as<std::int64_t>(),
                                 .used = read_decimal(row[6]),
                                 .rounding = read_decimal(row[7]),
                                 .minimum = read_decimal(row[8]),
                                 .spin_down = read_decimal(row[9]),
                                 .billable = read_decimal(row[5]),
                                 .gb_seconds = read_decimal(row[10]),
                                 .amount = read_decimal(row[11])}});
    }
    return rows;
}

std::optional<proof::Difference> find_wrong_month_sum(Work& work,
                                                      const std::optional<std::string>& period) {
    // A row of nothing may be there or not.
    const std::string columns = name_columns + ", " + sum_columns;
    const std::string where =
        " WHERE ($1::text IS NULL OR period = $1) AND NOT (sessions = 0 AND "
        "runs = 0 AND seconds = 0 AND amount = 0 AND gb_seconds = 0 AND entries = 0 AND "
        "charged_runs = 0)";
    const auto rows = [&](const std::string& table) {
        return "SELECT " + columns + " FROM " + table + where;
    };
    const std::string expected = rows("recomputed_month_sums");
    const std::string found = rows("month_sums");
    const auto first_of = [&](const std::string& one, const std::string& other) {
        return work.exec_params("SELECT d::text, period, model, account_id FROM ((" + one +
                                    ") EXCEPT (" + other + ")) d ORDER BY " + name_columns +
                                    " LIMIT 1",
                                period);
    };
    const pqxx::result missing = first_of(expected, found);
    const pqxx::result extra = first_of(found, expected);
    if (missing.empty() && extra.empty()) return std::nullopt;
    const pqxx::row row = missing.empty() ? extra[0] : missing[0];
    return proof::Difference{"month " + row[1].as<std::string>() + " of " +
                                 row[2].as<std::string>() + " of account " +
                                 row[3].as<std::string>(),
                             "sums", missing.empty() ? "none" : missing[0][0].as<std::string>(),
                             extra.empty() ? "none" : extra[0][0].as<std::string>()};
}

}  // namespace ledger
