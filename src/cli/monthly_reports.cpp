#include "cli/monthly_reports.h"

#include <filesystem>

#include "ledger/usage.h"
#include "ledger/written_reports.h"
#include "platform/crypto.h"
#include "platform/files.h"
#include "platform/log.h"

namespace cli {
namespace {

// What was left of this file by a writer that was killed. Of one that is at it now the rename then
// fails, and it finds the report written when it looks again.
void remove_unfinished(const std::string& path) {
    const std::filesystem::path whole = path;
    const std::string beginning = whole.filename().string() + ".";
    for (const auto& entry : std::filesystem::directory_iterator(whole.parent_path())) {
        const std::string name = entry.path().filename().string();
        std::error_code gone;
        if (name.starts_with(beginning) && name.ends_with(".tmp"))
            std::filesystem::remove(entry.path(), gone);
    }
}

ledger::WrittenReport write_files(const invoicing::Usage& usage, const ledger::DueReport& due,
                                  const MonthlyReports& reports, UsageRenderer& renderer) {
    ledger::WrittenReport written{.account = due.account.id, .month = due.month};
    if (usage.rows.empty()) return written;
    const reports::UsageHead head{.issuer = reports.issuer, .account = due.account.name};
    for (const std::string& format : reports.formats) {
        const std::string name =
            to_text(due.month) + "/usage-" + due.account.id.text() + "." + format;
        const std::string path = reports.directory + "/" + name;
        const std::string bytes = renderer.render(usage, head, format);
        remove_unfinished(path);
        platform::write_file_atomically(path, bytes);
        written.files.push_back(name);
        written.digests.push_back(platform::to_hex(platform::sha256(bytes)));
    }
    return written;
}

}  // namespace

std::size_t write_due_reports(ledger::Store& store, const MonthlyReports& reports,
                              UsageRenderer& renderer, calendar::Instant now,
                              const std::function<bool()>& should_stop) {
    std::size_t count = 0;
    for (const ledger::DueReport& due : ledger::list_due_reports(store, now)) {
        if (should_stop()) break;
        const auto usage =
            ledger::read_usage(store, {due.account}, due.month, invoicing::UsageBy::model, now);
        if (!usage.rows.empty())
            platform::make_directories(reports.directory + "/" + to_text(due.month));
        const auto written = write_files(usage, due, reports, renderer);
        if (ledger::record_report(store, written, now) == ledger::Recorded::before) continue;
        if (written.files.empty()) continue;
        ++count;
        platform::log(platform::Severity::info, "reports", "written",
                      {{"account", due.account.id.text()}, {"month", to_text(due.month)}});
    }
    return count;
}

}  // namespace cli
