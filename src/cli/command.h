// The command line: one file per command, each adds itself to the app.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cli {

/// Exit statuses (interfaces.md).
enum class Exit { done = 0, refused = 1, usage = 2, unavailable = 3 };

/// What every command that needs the configuration takes: --config FILE and --set key.path=value.
struct ConfigArguments {
    std::string file;
    std::vector<std::string> overrides;
    void add_to(CLI::App& command);
};

/// What a report of a month takes: --month, required, and --account.
struct MonthScope {
    std::string month;    // one that parse_month takes
    std::string account;  // name or id; empty: all
    void add_to(CLI::App& command);
};
/// For CLI::Option::check: what is wrong with it, empty when it is a month.
std::string check_month(const std::string& text);

// Each registers its subcommand; its callback sets `exit`.
void add_serve(CLI::App& app, Exit& exit);
void add_rate(CLI::App& app, Exit& exit);
void add_migrate(CLI::App& app, Exit& exit);
void add_origin(CLI::App& app, Exit& exit);
void add_account(CLI::App& app, Exit& exit);
void add_key(CLI::App& app, Exit& exit);
void add_plan(CLI::App& app, Exit& exit);
void add_model(CLI::App& app, Exit& exit);
void add_session(CLI::App& app, Exit& exit);
void add_reconcile(CLI::App& app, Exit& exit);
void add_margin(CLI::App& app, Exit& exit);
void add_usage(CLI::App& app, Exit& exit);
void add_invoice(CLI::App& app, Exit& exit);
void add_gateway(CLI::App& app, Exit& exit);
void add_checkpoint(CLI::App& app, Exit& exit);
void add_verify(CLI::App& app, Exit& exit);
void add_export(CLI::App& app, Exit& exit);
void add_correction(CLI::App& app, Exit& exit);

}  // namespace cli
