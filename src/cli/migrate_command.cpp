// `tollgate migrate`: brings the schema up to this binary, or shows where it stands.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/database.h"
#include "ledger/migrations.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    bool status = false;
};

void print_status(const Database& database) {
    for (const auto& row : ledger::list_migrations(database.connection_string()))
        std::cout << (row.applied ? "applied  " : "missing  ") << row.name << "\n";
}

}  // namespace

void add_migrate(CLI::App& app, Exit&) {
    CLI::App* command = app.add_subcommand("migrate", "bring the database's schema up to date");
    auto arguments = std::make_shared<Arguments>();
    arguments->config.add_to(*command);
    command->add_flag("--status", arguments->status, "show what is applied; change nothing");
    command->callback([arguments] {
        const Database database(load_settings(arguments->config));
        if (arguments->status) return print_status(database);
        const int applied = database.migrate();
        std::cout << "applied " << applied << " migration" << (applied == 1 ? "" : "s")
                  << "; the schema is up to date\n";
    });
}

}  // namespace cli
