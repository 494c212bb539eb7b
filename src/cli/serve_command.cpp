// `tollgate serve`: gateway, shipper, meter, watcher and console, in the foreground.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/reload.h"
#include "cli/service.h"
#include "platform/clock.h"
#include "platform/descriptors.h"
#include "platform/log.h"
#include "platform/passed_sockets.h"
#include "platform/reload_wish.h"
#include "platform/shutdown.h"

namespace cli {
namespace {

platform::Severity severity_of(const std::string& level) {
    if (level == "debug") return platform::Severity::debug;
    if (level == "warning") return platform::Severity::warning;
    if (level == "error") return platform::Severity::error;
    return platform::Severity::info;
}

/// SIGHUP: a configuration that cannot be is refused, and the one in force goes on.
void reload(const ConfigArguments& arguments, Settings& in_force, Service& service) {
    using platform::Severity;
    Settings wanted;
    try {
        wanted = load_settings(arguments);
        check_for_serving(wanted);
    } catch (const BadSetting& error) {
        platform::log(Severity::error, "serve", "the new configuration is refused, the old goes on",
                      {{"why", error.what()}});
        return;
    }
    const Reload planned = plan_reload(in_force, wanted);
    in_force = planned.in_force;
    platform::set_log_threshold(severity_of(in_force.log.level));
    service.apply(in_force);
    for (const std::string& path : planned.need_restart) {
        platform::log(Severity::warning, "serve", "a changed setting needs a restart",
                      {{"setting", path}});
    }
    for (const std::string& path : planned.changed) {
        platform::log(Severity::info, "serve", "a setting has changed", {{"setting", path}});
    }
    platform::log(Severity::info, "serve", "configuration read again");
}

Exit serve(const ConfigArguments& arguments) {
    Settings settings = load_settings(arguments);
    check_for_serving(settings);
    platform::set_log_threshold(severity_of(settings.log.level));
    const std::vector<int> passed_sockets = platform::take_passed_sockets();
    platform::raise_descriptor_limit();
    const platform::Shutdown shutdown;
    platform::ReloadWish wish;
    const platform::SystemClock clock;
    Service service(settings, clock, passed_sockets);
    std::cout << "gateway  " << service.gateway_url() << "\n"
              << "console  " << service.console_url() << "\n"
              << "ready" << std::endl;
    while (!shutdown.wait_for(calendar::Duration::seconds(3600), wish.descriptor())) {
        if (wish.take()) reload(arguments, settings, service);
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
