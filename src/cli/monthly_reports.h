// Monthly usage reports as files: DIRECTORY/2026-10/usage-ACCOUNT_ID.FORMAT, for each account once
// its month has ended and is whole. Owns the files and their order: each is there whole or not at
// all; only when all are durable is the report recorded as written. Whatever ends the writing in
// between, the next one writes the same files again.
#pragma once

#include <functional>

#include "cli/usage_renderer.h"
#include "ledger/store.h"

namespace cli {

struct MonthlyReports {
    std::string directory;             // made where it is not there
    std::vector<std::string> formats;  // csv, json, html, pdf
    std::string issuer;                // its name
};

/// Writes what is due until `should_stop`; how many reports were written. A month without usage is
/// recorded without files. Throws std::system_error: the directory cannot be written; Unavailable;
/// Refused.
std::size_t write_due_reports(ledger::Store& store, const MonthlyReports& reports,
                              UsageRenderer& renderer, calendar::Instant now,
                              const std::function<bool()>& should_stop);

}  // namespace cli
