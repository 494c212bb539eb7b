#include "ledger/row_stream.h"

namespace ledger {

void drain(Work& work, const std::string& cursor, const RowVisitor& visit) {
    constexpr pqxx::result::size_type rows_at_once = 1'000;
    bool goes_on = true;
    while (goes_on) {
        const pqxx::result rows =
            work.exec("FETCH " + std::to_string(rows_at_once) + " FROM " + cursor);
        for (const auto& row : rows) {
            goes_on = visit(row);
            if (!goes_on) break;
        }
        goes_on = goes_on && rows.size() == rows_at_once;
    }
    work.exec("CLOSE " + cursor);
}

}  // namespace ledger
