#include "cli/focus_export.h"

#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/database.h"
#include "ledger/focus.h"
#include "ledger/meter.h"
#include "platform/clock.h"
#include "platform/files.h"
#include "platform/streamed_file.h"
#include "reports/focus_csv.h"

namespace cli {
namespace {

constexpr std::size_t buffer_bytes = 256 << 10;

// Text that goes to a file, or to standard output, in larger pieces.
class Sink {
  public:
    explicit Sink(const std::string& path) {
        if (!path.empty()) file_ = std::make_unique<platform::StreamedFile>(path);
    }
    std::string& text() { return text_; }
    void flush_if_full() {
        if (text_.size() >= buffer_bytes) flush();
    }
    void commit() {
        flush();
        if (file_) file_->commit();
    }

  private:
    void flush() {
        if (file_) {
            file_->append(text_);
        } else if (!std::cout.write(text_.data(), static_cast<std::streamsize>(text_.size()))
                        .flush()) {
            throw std::runtime_error("standard output: cannot be written");
        }
        text_.clear();
    }

    std::unique_ptr<platform::StreamedFile> file_;
    std::string text_;
};

// The three files' names but for their ends.
std::string stem_of(const FocusArguments& arguments, const ledger::FocusQuery& query) {
    const std::filesystem::path out = arguments.out;
    if (arguments.out.ends_with('/') || std::filesystem::is_directory(out)) {
        platform::make_directories(std::filesystem::path(out / "").parent_path().string());
        std::string name = "focus-" + to_text(query.month);
        if (!arguments.scope.account.empty()) name += "-" + query.accounts.front().id.text();
        return (out / name).string();
    }
    return out.extension() == ".csv" ? (out.parent_path() / out.stem()).string() : arguments.out;
}

std::string name_of(const std::string& path) {
    return std::filesystem::path(path).filename().string();
}

std::int64_t write_rows(ledger::Store& store, const ledger::FocusQuery& query, Sink& invoiced,
                        Sink& open) {
    return ledger::for_each_focus_row(store, query, [&](const auto& statement, const auto& row) {
        Sink& sink = statement.invoice ? invoiced : open;
        reports::append_focus_row(sink.text(), statement, row);
        sink.flush_if_full();
    });
}

std::int64_t print_rows(ledger::Store& store, const ledger::FocusQuery& query) {
    Sink sink("");
    sink.text() += reports::focus_header();
    const std::int64_t left_out = write_rows(store, query, sink, sink);
    sink.commit();
    return left_out;
}

std::int64_t write_files(ledger::Store& store, const ledger::FocusQuery& query,
                         const FocusArguments& arguments) {
    const std::string stem = stem_of(arguments, query);
    const std::string metadata = stem + ".metadata.json";
    Sink invoiced(stem + ".csv");
    Sink open(stem + ".open.csv");
    for (Sink* sink : {&invoiced, &open}) sink->text() += reports::focus_header();
    const std::int64_t left_out = write_rows(store, query, invoiced, open);
    invoiced.commit();
    open.commit();
    platform::write_file_atomically(
        metadata,
        reports::focus_metadata(
            {.version = TOLLGATE_VERSION,
             .created_at = query.now,
             .month = to_text(query.month),
             .account = arguments.scope.account.empty() ? "" : query.accounts.front().name,
             .invoiced = name_of(stem + ".csv"),
             .open = name_of(stem + ".open.csv")}));
    for (const char* end : {".csv", ".open.csv", ".metadata.json"})
        std::cout << stem << end << "\n";
    return left_out;
}

std::vector<ledger::Account> accounts_of(ledger::Store& store, const std::string& account) {
    if (account.empty()) return ledger::list_accounts(store, true);
    return {ledger::get_account(store, account)};
}

}  // namespace

void export_focus(const FocusArguments& arguments) {
    const Settings settings = load_settings(arguments.config);
    const Database database(settings);
    ledger::Store store = open_store(database);
    ledger::FocusQuery query{.accounts = accounts_of(store, arguments.scope.account),
                             .month = calendar::parse_month(arguments.scope.month).value(),
                             .issuer = settings.issuer.name,
                             .now = platform::SystemClock().now()};
    if (query.issuer.empty()) query.issuer = Settings().issuer.name;
    // Facts that are here and not yet in sessions; a meter that runs elsewhere does no harm.
    ledger::Meter meter(database.store_options());
    while (meter.meter_pending(true) > 0) {
    }
    const bool is_to_stdout = arguments.out.empty() || arguments.out == "-";
    const std::int64_t left_out =
        is_to_stdout ? print_rows(store, query) : write_files(store, query, arguments);
    if (left_out > 0) {
        std::cerr << "tollgate: " << left_out
                  << " open charges are left out: the GB of their model is not known (tollgate "
                     "model set … --gb …)\n";
    }
}

}  // namespace cli
