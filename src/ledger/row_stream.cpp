#include "ledger/row_stream.h"

namespace ledger {

namespace {

constexpr pqxx::result::size_type rows_at_once = 1'000;

pqxx::result fetch(Work& work, const std::string& cursor) {
    return work.exec("FETCH " + std::to_string(rows_at_once) + " FROM " + cursor);
}

}  // namespace

void drain(Work& work, const std::string& cursor, const RowVisitor& visit) {
    bool goes_on = true;
    while (goes_on) {
        const pqxx::result rows = fetch(work, cursor);
        for (const auto& row : rows) {
            goes_on = visit(row);
            if (!goes_on) break;
        }
        goes_on = goes_on && rows.size() == rows_at_once;
    }
    work.exec("CLOSE " + cursor);
}

std::optional<pqxx::row> RowCursor::peek() {
    if (at_ == rows_.size() && !is_at_end_) {
        rows_ = fetch(work_, name_);
        at_ = 0;
        is_at_end_ = rows_.size() < rows_at_once;
        if (is_at_end_) work_.exec("CLOSE " + name_);
    }
    if (at_ == rows_.size()) return std::nullopt;
    return rows_[at_];
}

}  // namespace ledger
