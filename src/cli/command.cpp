#include "cli/command.h"

#include <CLI/CLI.hpp>

namespace cli {

void ConfigArguments::add_to(CLI::App& command) {
    command.add_option("--config", file, "configuration file (JSON, comments allowed)")
        ->type_name("FILE");
    command.add_option("--set", overrides, "override one key: gateway.listen=127.0.0.1:9000")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
}

}  // namespace cli
