#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/database.h"
#include "cli/row_printer.h"
#include "ledger/comparing.h"
#include "ledger/plans.h"
#include "metering/plan.h"
#include "platform/clock.h"
#include "platform/files.h"
#include "reports/comparison_report.h"

namespace cli {
namespace {

constexpr std::size_t plan_limit = 1u << 20;

struct Arguments {
    ConfigArguments config;
    RowFormat format;
    std::string file;
    std::string account;
    std::string plan;
    std::string from;
    std::string month;
};

void add_add(CLI::App& group) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* action = group.add_subcommand("add", "store a plan; it never changes afterwards");
    arguments->config.add_to(*action);
    action->add_option("file", arguments->file, "JSON (see config/plans)")
        ->required()
        ->check(CLI::ExistingFile);
    action->callback([arguments] {
        const std::string document = platform::read_file(arguments->file, plan_limit);
        with_store(arguments->config, [&](ledger::Store& store) {
            switch (ledger::add_plan(store, document)) {
                case ledger::PlanAdded::added:
                    std::cout << "added\n";
                    break;
                case ledger::PlanAdded::was_there:
                    std::cout << "was there already\n";
                    break;
            }
        });
    });
}

std::optional<calendar::Instant> find_from(const Arguments& arguments) {
    if (arguments.from.empty()) return std::nullopt;
    const auto given = calendar::parse_instant(arguments.from);
    if (given) return given;
    throw BadSetting("--from: not an instant such as 2026-10-01T00:00:00Z: " + arguments.from);
}

void add_assign(CLI::App& group) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* action = group.add_subcommand("assign", "meter an account's loads by a plan");
    arguments->config.add_to(*action);
    action->add_option("account", arguments->account, "its name or id")->required();
    action->add_option("plan", arguments->plan, "a plan that was added")->required();
    action->add_option("--from", arguments->from, "loads from this instant on; else from now")
        ->type_name("T");
    action->callback([arguments] {
        const calendar::Instant from =
            find_from(*arguments).value_or(platform::SystemClock().now());
        with_store(arguments->config, [&](ledger::Store& store) {
            ledger::assign_plan(store, arguments->account, arguments->plan, from);
            std::cout << arguments->account << ": " << arguments->plan << " from "
                      << calendar::to_text(from) << "\n";
        });
    });
}

void add_cost(CLI::App& group) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* action =
        group.add_subcommand("cost", "what the upstream charges us: the plan behind `margin`");
    arguments->config.add_to(*action);
    action->add_option("plan", arguments->plan, "a plan that was added")->required();
    action
        ->add_option("--from", arguments->from,
                     "loads from this instant on; else all that no later one is given for")
        ->type_name("T");
    action->callback([arguments] {
        const auto from = find_from(*arguments);
        with_store(arguments->config, [&](ledger::Store& store) {
            ledger::set_cost_plan(store, arguments->plan, from);
            std::cout << "cost: " << arguments->plan
                      << (from ? " from " + calendar::to_text(*from) : "") << "\n";
        });
    });
}

metering::Plan parse_draft(const std::string& document, const std::string& name) {
    auto plan = metering::parse_plan(document);
    if (const auto* refused = std::get_if<metering::PlanRefused>(&plan))
        throw BadSetting(name + ": " + refused->why);
    return std::get<metering::Plan>(plan);
}

void print_diff(const Arguments& arguments) {
    if (arguments.plan.empty() == arguments.file.empty())
        throw BadSetting("plan diff: give the name of a plan that was added, or --plan FILE");
    std::optional<metering::Plan> draft;
    if (!arguments.file.empty())
        draft = parse_draft(platform::read_file(arguments.file, plan_limit), arguments.file);
    with_store(arguments.config, [&](ledger::Store& store) {
        if (!draft)
            draft = parse_draft(ledger::get_plan_document(store, arguments.plan), arguments.plan);
        ledger::ComparisonScope scope{.month = *calendar::parse_month(arguments.month)};
        if (!arguments.account.empty())
            scope.account = ledger::get_account(store, arguments.account).id;
        const auto comparison =
            ledger::compare_with_draft(store, scope, *draft, platform::SystemClock().now());
        const std::string& format = arguments.format.name;
        std::cout << (format == "json" ? reports::comparison_json(comparison, reports::plan_words)
                      : format == "csv"
                          ? reports::comparison_csv(comparison, reports::plan_words)
                          : reports::comparison_table(comparison, reports::plan_words));
    });
}

void add_diff(CLI::App& group) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* action = group.add_subcommand(
        "diff", "what a month would have cost each account under a plan; changes nothing");
    arguments->config.add_to(*action);
    arguments->format.add_to(*action);
    action->add_option("plan", arguments->plan, "a plan that was added");
    action->add_option("--plan", arguments->file, "a draft: a plan's JSON file")
        ->type_name("FILE")
        ->check(CLI::ExistingFile);
    action->add_option("--month", arguments->month, "a month of each account's zone: 2026-10")
        ->required()
        ->type_name("MONTH")
        ->check(check_month);
    action->add_option("--account", arguments->account, "one account, by name or id")
        ->type_name("A");
    action->callback([arguments] { print_diff(*arguments); });
}

}  // namespace

void add_plan(CLI::App& app, Exit&) {
    CLI::App* group = app.add_subcommand("plan", "plans: what is billed, by version");
    group->require_subcommand(1);
    add_add(*group);
    add_assign(*group);
    add_cost(*group);
    add_diff(*group);

    auto listing = std::make_shared<Arguments>();
    CLI::App* list = group->add_subcommand("list", "print plans and who has which");
    listing->config.add_to(*list);
    listing->format.add_to(*list);
    list->callback([listing] {
        with_store(listing->config, [&](ledger::Store& store) {
            RowPrinter rows({"plan", "account", "effective_from", "since"});
            for (const auto& plan : ledger::list_plans(store)) {
                rows.add({plan.name, std::nullopt, std::nullopt, calendar::to_text(plan.added_at)});
            }
            for (const auto& entry : ledger::list_plan_assignments(store)) {
                rows.add({entry.plan, entry.account.empty() ? "(default)" : entry.account,
                          calendar::to_text(entry.effective_from),
                          calendar::to_text(entry.assigned_at)});
            }
            for (const auto& entry : ledger::list_cost_plans(store)) {
                rows.add({entry.plan, "(cost)", calendar::to_text(entry.effective_from),
                          calendar::to_text(entry.assigned_at)});
            }
            rows.print(listing->format, std::cout);
        });
    });
}

}  // namespace cli
