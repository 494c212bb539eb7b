#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/settings.h"

namespace cli {

void add_config(CLI::App& app, Exit&) {
    CLI::App* command = app.add_subcommand("config", "print every setting with its value in force");
    auto arguments = std::make_shared<ConfigArguments>();
    arguments->add_to(*command);
    command->callback([arguments] { std::cout << describe(load_settings(*arguments)); });
}

}  // namespace cli
