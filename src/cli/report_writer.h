// The thread of `serve` that writes monthly reports. Owns when it looks, and that trouble with the
// directory or the database is said once and stops nothing else.
#pragma once

#include <condition_variable>
#include <future>
#include <mutex>
#include <string>

#include "calendar/clock.h"
#include "cli/database.h"
#include "cli/monthly_reports.h"

namespace cli {

class ReportWriter {
  public:
    /// Without a directory nothing is written and no thread runs.
    ReportWriter(const Database& database, const Settings& settings, const calendar::Clock& clock);
    ~ReportWriter();  // stops after the report under way
    ReportWriter(const ReportWriter&) = delete;
    ReportWriter& operator=(const ReportWriter&) = delete;

    void stop();

  private:
    void run();
    std::string write_and_tell();
    bool is_stopping() const;

    // Constant after construction.
    const MonthlyReports reports_;
    const calendar::Clock& clock_;

    // Owned by the thread, once it runs.
    ledger::Store store_;
    UsageRenderer renderer_;

    mutable std::mutex mutex_;
    // Under `mutex_`.
    std::condition_variable wake_;
    bool stopping_ = false;
    std::future<void> thread_;  // its end
};

}  // namespace cli
