#include "cli/command.h"

#include <CLI/CLI.hpp>

#include "calendar/period.h"

namespace cli {

void ConfigArguments::add_to(CLI::App& command) {
    command.add_option("--config", file, "configuration file (JSON, comments allowed)")
        ->type_name("FILE");
    command.add_option("--set", overrides, "override one key: gateway.listen=127.0.0.1:9000")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
}

void MonthScope::add_to(CLI::App& command) {
    command.add_option("--month", month, "a month of each account's zone: 2026-10")
        ->required()
        ->type_name("MONTH")
        ->check(check_month);
    command.add_option("--account", account, "one account, by name or id")->type_name("A");
}

std::string check_month(const std::string& text) {
    // Those at the ends of the calendar have no end, or no beginning, that the ledger can hold.
    const auto month = calendar::parse_month(text);
    const bool is_billable = month && month->year >= 1970 && month->year < 9999;
    return is_billable ? "" : text + " is no month; write 2026-10";
}

}  // namespace cli
