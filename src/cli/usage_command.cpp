#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>

#include "cli/command.h"
#include "cli/database.h"
#include "ledger/usage.h"
#include "platform/clock.h"
#include "reports/usage_report.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    MonthScope scope;
    std::string by = "model";
    std::string format = "table";
};

const std::map<std::string, invoicing::UsageBy> groupings = {
    {"account", invoicing::UsageBy::account},
    {"model", invoicing::UsageBy::model},
    {"key", invoicing::UsageBy::key},
    {"day", invoicing::UsageBy::day}};

const std::map<std::string, std::string (*)(const invoicing::Usage&)> formats = {
    {"table", reports::usage_table}, {"csv", reports::usage_csv}, {"json", reports::usage_json}};

void print_usage(const Arguments& arguments) {
    with_store(arguments.config, [&](ledger::Store& store) {
        std::vector<ledger::Account> accounts;
        if (arguments.scope.account.empty()) {
            accounts = ledger::list_accounts(store, true);
        } else {
            accounts.push_back(ledger::get_account(store, arguments.scope.account));
        }
        std::cout << formats.at(arguments.format)(
            ledger::read_usage(store, accounts, *calendar::parse_month(arguments.scope.month),
                               groupings.at(arguments.by), platform::SystemClock().now()));
    });
}

}  // namespace

void add_usage(CLI::App& app, Exit&) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = app.add_subcommand("usage", "what a month has brought so far");
    arguments->config.add_to(*command);
    arguments->scope.add_to(*command);
    command->add_option("--by", arguments->by, "what a row of an account is")
        ->check(CLI::IsMember(groupings))
        ->capture_default_str();
    command->add_option("--format", arguments->format)
        ->check(CLI::IsMember(formats))
        ->capture_default_str();
    command->callback([arguments] { print_usage(*arguments); });
}

}  // namespace cli
