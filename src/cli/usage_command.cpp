#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>

#include "cli/command.h"
#include "cli/database.h"
#include "cli/focus_export.h"
#include "cli/usage_follow.h"
#include "cli/usage_renderer.h"
#include "ledger/usage.h"
#include "platform/clock.h"
#include "platform/files.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    MonthScope scope;
    std::string by = "model";
    std::string format = "table";
    std::string out;
    bool follow = false;
    std::int64_t interval_seconds = 5;
};

const std::map<std::string, invoicing::UsageBy> groupings = {
    {"account", invoicing::UsageBy::account},
    {"model", invoicing::UsageBy::model},
    {"key", invoicing::UsageBy::key},
    {"day", invoicing::UsageBy::day}};

std::vector<ledger::Account> accounts_of(ledger::Store& store, const MonthScope& scope) {
    if (scope.account.empty()) return ledger::list_accounts(store, true);
    return {ledger::get_account(store, scope.account)};
}

void write(const std::string& text, const std::string& path) {
    if (!path.empty() && path != "-") {
        platform::write_file_atomically(path, text);
        return;
    }
    std::cout << text << std::flush;
    if (!std::cout) throw std::runtime_error("standard output: cannot be written");
}

// Bytes that are no text do a terminal no good.
void require_a_place(const Arguments& arguments) {
    const bool is_to_terminal =
        (arguments.out.empty() || arguments.out == "-") && ::isatty(STDOUT_FILENO) == 1;
    if (arguments.format == "pdf" && is_to_terminal)
        throw CLI::ValidationError("--format pdf", "not to a terminal: name a file with --out");
}

void write_usage(const Arguments& arguments) {
    require_a_place(arguments);
    const Settings settings = load_settings(arguments.config);
    const Database database(settings);
    ledger::Store store = open_store(database);
    const auto accounts = accounts_of(store, arguments.scope);
    const invoicing::Usage usage =
        ledger::read_usage(store, accounts, *calendar::parse_month(arguments.scope.month),
                           groupings.at(arguments.by), platform::SystemClock().now());
    reports::UsageHead head{.issuer = settings.issuer.name};
    if (accounts.size() == 1) head.account = accounts.front().name;
    write(UsageRenderer(settings.reports).render(usage, head, arguments.format), arguments.out);
}

void run(const Arguments& arguments) {
    if (arguments.follow) {
        follow_usage({.config = arguments.config,
                      .account = arguments.scope.account,
                      .interval_seconds = arguments.interval_seconds});
        return;
    }
    if (arguments.scope.month.empty()) throw CLI::RequiredError("--month");
    if (arguments.format == "focus")
        export_focus({.config = arguments.config, .scope = arguments.scope, .out = arguments.out});
    else
        write_usage(arguments);
}

}  // namespace

void add_usage(CLI::App& app, Exit&) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = app.add_subcommand("usage", "what a month has brought so far");
    arguments->config.add_to(*command);
    arguments->scope.add_to(*command);
    CLI::Option* month = command->get_option("--month")->required(false)->description(
        "a month of each account's zone: 2026-10; required but with --follow");
    CLI::Option* follow = command->add_flag(
        "--follow", arguments->follow,
        "what accounts spend at this moment, drawn anew until Ctrl-C; in a pipe block after block");
    command->add_option("--interval", arguments->interval_seconds, "seconds from block to block")
        ->needs(follow)
        ->type_name("S")
        ->check(CLI::Range(1, 86'400))
        ->capture_default_str();
    follow->excludes(month);
    command->add_option("--by", arguments->by, "what a row of an account is (not with focus)")
        ->check(CLI::IsMember(groupings))
        ->capture_default_str();
    command
        ->add_option("--format", arguments->format,
                     "focus: FOCUS 1.2, a row per session, rounding, credit and tax")
        ->check(CLI::IsMember({"table", "csv", "json", "html", "pdf", "focus"}))
        ->capture_default_str();
    command
        ->add_option("--out", arguments->out,
                     "a file to write, readable by its owner alone; else standard output. focus: a "
                     "folder, or a file's name; what is invoiced and what is open are files of "
                     "their own")
        ->type_name("PATH");
    command->callback([arguments] { run(*arguments); });
}

}  // namespace cli
