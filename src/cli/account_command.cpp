#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/account_billing.h"
#include "cli/database.h"
#include "cli/row_printer.h"
#include "ledger/accounts.h"
#include "ledger/plans.h"
#include "platform/clock.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    RowFormat format;
    ledger::NewAccount account;
    std::string name;
    std::string plan;
    bool all = false;
};
using Shared = std::shared_ptr<Arguments>;

void print(const std::vector<ledger::Account>& accounts, const RowFormat& format) {
    RowPrinter rows(
        {"name", "id", "timezone", "currency", "passthrough", "created_at", "archived_at"});
    for (const ledger::Account& account : accounts) {
        std::optional<std::string> archived;
        if (account.archived_at) archived = calendar::to_text(*account.archived_at);
        rows.add({account.name, account.id.text(), account.timezone, account.currency,
                  account.passthrough ? "yes" : "no", calendar::to_text(account.created_at),
                  archived});
    }
    rows.print(format, std::cout);
}

CLI::App* add_action(CLI::App& group, const std::string& name, const std::string& description,
                     const Shared& arguments) {
    CLI::App* action = group.add_subcommand(name, description);
    arguments->config.add_to(*action);
    arguments->format.add_to(*action);
    return action;
}

void add_create(CLI::App& group) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* action = add_action(group, "create", "make an account", arguments);
    action->add_option("name", arguments->account.name, "its name, unique")->required();
    action->add_option("--timezone", arguments->account.timezone, "whose months are billed")
        ->type_name("TZ")
        ->capture_default_str();
    action->add_option("--currency", arguments->account.currency, "ISO 4217")
        ->type_name("C")
        ->capture_default_str();
    action->add_option("--plan", arguments->plan, "a plan that was added; else the default one")
        ->type_name("P");
    action->callback([arguments] {
        with_store(arguments->config, [&](ledger::Store& store) {
            const auto account = ledger::create_account(store, arguments->account);
            if (!arguments->plan.empty()) {
                ledger::assign_plan(store, account.id.text(), arguments->plan,
                                    platform::SystemClock().now());
            }
            print({account}, arguments->format);
        });
    });
}

}  // namespace

void add_account(CLI::App& app, Exit&) {
    CLI::App* group = app.add_subcommand("account", "accounts: who pays");
    group->require_subcommand(1);
    add_create(*group);
    add_account_set(*group);

    auto listing = std::make_shared<Arguments>();
    CLI::App* list = add_action(*group, "list", "print the accounts", listing);
    list->add_flag("--all", listing->all, "archived ones too");
    list->callback([listing] {
        with_store(listing->config, [&](ledger::Store& store) {
            print(ledger::list_accounts(store, listing->all), listing->format);
        });
    });

    auto showing = std::make_shared<Arguments>();
    CLI::App* show = add_action(*group, "show", "print one account", showing);
    show->add_option("account", showing->name, "its name or id")->required();
    show->callback([showing] {
        with_store(showing->config, [&](ledger::Store& store) {
            const ledger::Account account = ledger::get_account(store, showing->name);
            print_account(account, ledger::get_billing(store, account.id.text()), showing->format);
        });
    });

    auto archiving = std::make_shared<Arguments>();
    CLI::App* archive =
        add_action(*group, "archive", "revoke its keys and take it off the list", archiving);
    archive->add_option("account", archiving->name, "its name or id")->required();
    archive->callback([archiving] {
        with_store(archiving->config, [&](ledger::Store& store) {
            print({ledger::archive_account(store, archiving->name)}, archiving->format);
        });
    });
}

}  // namespace cli
