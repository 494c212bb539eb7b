#include "cli/report_writer.h"

#include <unistd.h>

#include <chrono>
#include <exception>

#include "platform/files.h"
#include "platform/log.h"

namespace cli {
namespace {

constexpr std::chrono::seconds interval{30};

MonthlyReports reports_of(const Settings& settings) {
    return {.directory = settings.reports.directory,
            .formats = settings.reports.formats,
            .issuer = settings.issuer.name};
}

// At the start, not at the month's end, is when somebody looks.
void require_directory(const std::string& path) {
    platform::make_directories(path);
    if (::access(path.c_str(), W_OK | X_OK) != 0) platform::throw_errno("write into", path);
}

}  // namespace

ReportWriter::ReportWriter(const Database& database, const Settings& settings,
                           const calendar::Clock& clock)
    : reports_(reports_of(settings)),
      clock_(clock),
      store_(database.store_options()),
      renderer_(settings.reports) {
    if (reports_.directory.empty()) return;
    thread_ = std::async(std::launch::async, [this] { run(); });
}

ReportWriter::~ReportWriter() {
    stop();
}

bool ReportWriter::is_stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

// What is in the way; empty: nothing. A database that is away is no news from here.
std::string ReportWriter::write_and_tell() {
    try {
        require_directory(reports_.directory);
        store_.check_schema();
        write_due_reports(store_, reports_, renderer_, clock_.now(),
                          [this] { return is_stopping(); });
        return "";
    } catch (const ledger::Unavailable&) {
        return "";
    } catch (const std::exception& error) {
        return error.what();
    }
}

void ReportWriter::run() {
    std::string said;
    std::unique_lock lock(mutex_);
    do {
        lock.unlock();
        const std::string trouble = write_and_tell();
        if (!trouble.empty() && trouble != said && !is_stopping())
            platform::log(platform::Severity::warning, "reports", "cannot be written",
                          {{"directory", reports_.directory}, {"why", trouble}});
        said = trouble;
        lock.lock();
    } while (!wake_.wait_for(lock, interval, [this] { return stopping_; }));
}

void ReportWriter::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (!thread_.valid()) return;
    if (thread_.wait_for(ledger::hang_up_after) != std::future_status::ready) store_.interrupt();
    thread_.get();
}

}  // namespace cli
