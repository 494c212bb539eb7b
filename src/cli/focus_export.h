// `tollgate usage --format focus`: a month as FOCUS 1.2, to standard output or as files. Owns the
// files' names, and that each is there whole or not at all.
#pragma once

#include <string>

#include "cli/command.h"

namespace cli {

struct FocusArguments {
    ConfigArguments config;
    MonthScope scope;
    std::string out;  // a folder, or a file's name; empty or "-": standard output
};

/// Into a folder: focus-MONTH.csv (what invoices hold), focus-MONTH.open.csv (what none holds yet)
/// and focus-MONTH.metadata.json; for one account focus-MONTH-ID…. A file's name gives the three
/// its own beginning instead. To standard output: one table, the invoiced part first.
void export_focus(const FocusArguments& arguments);

}  // namespace cli
