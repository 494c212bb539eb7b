// Charge rows → the appendix: one entry for each session of a line, its revisions taken together.
// Ours to draft.cpp and appendix.cpp.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "invoicing/charge_row.h"
#include "invoicing/invoice.h"

namespace invoicing {

/// A line's name: usage before adjustments; then as a reader looks for it (period, model, plan).
using LineKey = std::tuple<LineKind, std::string, std::string, std::string>;

class SessionEntries {
  public:
    /// Rows in any order; `line` is the one that the row belongs to.
    void add(const ChargeRow& row, const LineKey& line);

    struct Closed {
        LineKey line;
        SessionEntry entry;
        bool is_unpriced = false;  // as of its newest row
    };
    /// Without those that were charged and charged back before any invoice showed them; by line,
    /// then session. Those of adjustments have their reason.
    std::vector<Closed> close();

  private:
    struct Sum {
        SessionEntry entry;
        int newest_revision = -1;
        bool is_unpriced = false;
        std::map<int, std::string> reasons = {};  // by revision
    };
    static void add(const ChargeRow& row, LineKind kind, Sum& sum);
    static bool is_nothing(const Sum& sum);
    static void give_reason(Sum& sum);

    std::map<std::tuple<LineKey, std::string>, Sum> sums_;
};

/// In the order of the lines, then by start.
void sort_entries(std::vector<SessionEntry>& entries);

}  // namespace invoicing
