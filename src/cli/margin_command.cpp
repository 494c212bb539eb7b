#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>

#include "cli/command.h"
#include "cli/database.h"
#include "ledger/comparing.h"
#include "platform/clock.h"
#include "reports/comparison_report.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    MonthScope scope;
    std::string by = "account";
    std::string format = "table";
};

const std::map<std::string, invoicing::ComparisonBy> groupings = {
    {"account", invoicing::ComparisonBy::account}, {"model", invoicing::ComparisonBy::model}};

const std::map<std::string,
               std::string (*)(const invoicing::Comparison&, const reports::ComparisonWords&)>
    formats = {{"table", reports::comparison_table},
               {"csv", reports::comparison_csv},
               {"json", reports::comparison_json}};

void print_margin(const Arguments& arguments) {
    with_store(arguments.config, [&](ledger::Store& store) {
        ledger::ComparisonScope scope{.month = *calendar::parse_month(arguments.scope.month),
                                      .by = groupings.at(arguments.by)};
        if (!arguments.scope.account.empty())
            scope.account = ledger::get_account(store, arguments.scope.account).id;
        std::cout << formats.at(arguments.format)(
            ledger::compare_with_cost(store, scope, platform::SystemClock().now()),
            reports::margin_words);
    });
}

}  // namespace

void add_margin(CLI::App& app, Exit&) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command =
        app.add_subcommand("margin", "a month's revenue and what the upstream takes of it");
    arguments->config.add_to(*command);
    arguments->scope.add_to(*command);
    command->add_option("--by", arguments->by, "what a row is of")
        ->check(CLI::IsMember(groupings))
        ->capture_default_str();
    command->add_option("--format", arguments->format)
        ->check(CLI::IsMember(formats))
        ->capture_default_str();
    command->callback([arguments] { print_margin(*arguments); });
}

}  // namespace cli
