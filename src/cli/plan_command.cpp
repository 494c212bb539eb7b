#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/database.h"
#include "cli/row_printer.h"
#include "ledger/plans.h"
#include "platform/clock.h"
#include "platform/files.h"

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

void add_assign(CLI::App& group) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* action = group.add_subcommand("assign", "meter an account's loads by a plan");
    arguments->config.add_to(*action);
    action->add_option("account", arguments->account, "its name or id")->required();
    action->add_option("plan", arguments->plan, "a plan that was added")->required();
    action->add_option("--from", arguments->from, "loads from this instant on; else from now")
        ->type_name("T");
    action->callback([arguments] {
        calendar::Instant from = platform::SystemClock().now();
        if (!arguments->from.empty()) {
            const auto given = calendar::parse_instant(arguments->from);
            if (!given) {
                throw BadSetting("--from: not an instant such as 2026-10-01T00:00:00Z: " +
                                 arguments->from);
            }
            from = *given;
        }
        with_store(arguments->config, [&](ledger::Store& store) {
            ledger::assign_plan(store, arguments->account, arguments->plan, from);
            std::cout << arguments->account << ": " << arguments->plan << " from "
                      << calendar::to_text(from) << "\n";
        });
    });
}

}  // namespace

void add_plan(CLI::App& app, Exit&) {
    CLI::App* group = app.add_subcommand("plan", "plans: what is billed, by version");
    group->require_subcommand(1);
    add_add(*group);
    add_assign(*group);

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
            rows.print(listing->format, std::cout);
        });
    });
}

}  // namespace cli
