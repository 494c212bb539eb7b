#include "invoicing/appendix.h"

#include <set>

#include "invoicing/session_entries.h"

namespace invoicing {

std::vector<SessionEntry> make_appendix(const Invoice& invoice,
                                        const std::vector<ChargeRow>& rows) {
    std::set<LineKey> adjustments;
    for (const Line& line : invoice.lines) {
        if (line.kind == LineKind::adjustment)
            adjustments.insert({line.kind, line.period, line.model.text(), line.plan});
    }
    SessionEntries sums;
    for (const ChargeRow& row : rows) {
        LineKey key{LineKind::adjustment, row.period, row.model.text(), row.plan};
        if (!adjustments.contains(key)) std::get<0>(key) = LineKind::usage;
        sums.add(row, key);
    }
    std::vector<SessionEntry> entries;
    for (auto& closed : sums.close()) entries.push_back(std::move(closed.entry));
    sort_entries(entries);
    return entries;
}

}  // namespace invoicing
