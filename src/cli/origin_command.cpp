// `tollgate origin`: the self-hosted model host, in the foreground.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/settings.h"
#include "origin/server.h"
#include "platform/clock.h"
#include "platform/shutdown.h"

namespace cli {
namespace {

using calendar::Duration;
namespace fs = std::filesystem;

bool is_loopback(const std::string& listen) {
    return listen.starts_with("127.") || listen.starts_with("localhost:") ||
           listen.starts_with("[::1]:");
}

/// Absent: any key will do. Who can be reached from elsewhere must say so, or list the keys.
std::optional<std::vector<std::string>> accepted_keys(const Settings::Origin& settings) {
    if (settings.keys.empty() && !is_loopback(settings.listen)) {
        throw BadSetting("origin.keys must list the API keys, or be [\"any\"]: origin.listen " +
                         settings.listen + " can be reached from elsewhere");
    }
    if (settings.keys.empty() || settings.keys == std::vector<std::string>{"any"}) {
        return std::nullopt;
    }
    return settings.keys;
}

/// As configured; where that is not there, the one that was built beside this program.
std::string engine_directory(const Settings::Origin& settings) {
    if (fs::exists(settings.engine_dir)) return fs::absolute(settings.engine_dir);
    return fs::read_symlink("/proc/self/exe").parent_path() / "engine";
}

origin::Options options_from(const Settings& settings) {
    const Settings::Origin& from = settings.origin;
    origin::Options options;
    options.listen = from.listen;
    options.models = from.models;
    options.data_dir = settings.data_dir;
    options.keys = accepted_keys(from);
    options.engine_dir = engine_directory(from);
    options.boot_limit = Duration::seconds(from.boot_timeout_seconds);
    options.fleet.spin_down = Duration::seconds(from.spin_down_seconds);
    options.fleet.queue_per_replica = static_cast<std::size_t>(from.queue_per_replica);
    options.fleet.queue_limit = Duration::seconds(from.queue_seconds);
    return options;
}

Exit run_origin(const ConfigArguments& arguments) {
    const Settings settings = load_settings(arguments);
    const platform::Shutdown shutdown;
    const platform::SystemClock clock;
    const origin::Server server(clock, options_from(settings));
    std::cout << "origin ready on " << server.url() << std::endl;
    while (!shutdown.wait_for(Duration::seconds(3600))) {
    }
    return Exit::done;
}

}  // namespace

void add_origin(CLI::App& app, Exit& exit) {
    CLI::App* command = app.add_subcommand("origin", "the self-hosted model host");
    const auto arguments = std::make_shared<ConfigArguments>();  // lives as long as the callback
    arguments->add_to(*command);
    command->callback([arguments, &exit] { exit = run_origin(*arguments); });
}

}  // namespace cli
