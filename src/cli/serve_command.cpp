// `tollgate serve`: gateway, shipper, meter, watcher and console, in the foreground.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/service.h"
#include "platform/clock.h"
#include "platform/descriptors.h"
#include "platform/log.h"
#include "platform/passed_sockets.h"
#include "platform/shutdown.h"

namespace cli {
namespace {

platform::Severity severity_of(const std::string& level) {
    if (level == "debug") return platform::Severity::debug;
    if (level == "warning") return platform::Severity::warning;
    if (level == "error") return platform::Severity::error;
    return platform::Severity::info;
}

Exit serve(const ConfigArguments& arguments) {
    const Settings settings = load_settings(arguments);
    check_for_serving(settings);
    platform::set_log_threshold(severity_of(settings.log.level));
    const std::vector<int> passed_sockets = platform::take_passed_sockets();
    platform::raise_descriptor_limit();
    const platform::Shutdown shutdown;
    const platform::SystemClock clock;
    const Service service(settings, clock, passed_sockets);
    std::cout << "gateway  " << service.gateway_url() << "\n"
              << "console  " << service.console_url() << "\n"
              << "ready" << std::endl;
    while (!shutdown.wait_for(calendar::Duration::seconds(3600))) {
    }
    platform::log(platform::Severity::info, "serve", "stopping");
    return Exit::done;
}

}  // namespace

void add_serve(CLI::App& app, Exit& exit) {
    CLI::App* command =
        app.add_subcommand("serve", "the gateway, with shipper, meter, watcher and console");
    const auto arguments = std::make_shared<ConfigArguments>();
    arguments->add_to(*command);
    command->callback([arguments, &exit] { exit = serve(*arguments); });
}

}  // namespace cli
