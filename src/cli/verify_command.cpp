#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "calendar/period.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/difference_text.h"
#include "cli/signing_key.h"
#include "cli/verify_export.h"
#include "ledger/verification.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    std::string month;
    std::string export_file;
    std::vector<std::string> public_keys;
    std::string format = "text";
};

void print_text(const ledger::Verification& found) {
    std::cout << found.facts << " facts in " << found.chains << " chains\n"
              << found.checkpoints << " checkpoints, signed and in line with them\n"
              << found.sessions << " sessions, as their facts make them\n"
              << found.charged_sessions << " sessions' charges, as the rule makes them\n"
              << found.corrections << " corrections by hand, as they were entered\n"
              << found.invoices << " invoices, as their charges make them\n";
    if (found.pending_instances > 0)
        std::cout << found.pending_instances << " instances have facts that are not folded yet\n";
    if (found.parked_instances > 0)
        std::cout << found.parked_instances << " instances wait for a person\n";
    if (!found.difference) {
        std::cout << "all agree\n";
        return;
    }
    print_difference(*found.difference);
}

void print_json(const ledger::Verification& found) {
    nlohmann::ordered_json json = {{"agrees", !found.difference},
                                   {"facts", found.facts},
                                   {"chains", found.chains},
                                   {"checkpoints", found.checkpoints},
                                   {"sessions", found.sessions},
                                   {"charged_sessions", found.charged_sessions},
                                   {"corrections", found.corrections},
                                   {"invoices", found.invoices},
                                   {"pending_instances", found.pending_instances},
                                   {"parked_instances", found.parked_instances},
                                   {"difference", difference_json(found.difference)}};
    std::cout << json.dump(2) << "\n";
}

std::vector<platform::PublicKey> named_keys(const Arguments& arguments) {
    std::vector<platform::PublicKey> keys;
    for (const std::string& hex : arguments.public_keys)
        keys.push_back(platform::parse_public_key(hex).value());
    return keys;
}

Exit verify(const Arguments& arguments) {
    if (!arguments.export_file.empty())
        return verify_export(arguments.export_file, named_keys(arguments),
                             arguments.format == "json" ? Form::json : Form::text);
    ledger::VerificationScope scope;
    scope.trusted = named_keys(arguments);
    if (!arguments.month.empty()) scope.month = arguments.month;
    if (const auto key = find_signing_key(load_settings(arguments.config)))
        scope.trusted.insert(scope.trusted.begin(), key->public_key());
    Exit exit = Exit::done;
    with_store(arguments.config, [&](ledger::Store& store) {
        const ledger::Verification found = ledger::verify_books(store, scope);
        if (arguments.format == "json") {
            print_json(found);
        } else {
            print_text(found);
        }
        if (found.difference) exit = Exit::refused;
    });
    return exit;
}

}  // namespace

void add_verify(CLI::App& app, Exit& exit) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = app.add_subcommand(
        "verify",
        "recompute chains, sessions, charges and invoices from the facts, in the ledger or, "
        "without one, in an account's export");
    arguments->config.add_to(*command);
    command->add_option("--month", arguments->month, "charges and invoices of this month alone")
        ->type_name("M")
        ->check(check_month);
    command
        ->add_option("--public-key", arguments->public_keys,
                     "also take checkpoints that this key signed: another gateway's; of an export: "
                     "who must have signed it")
        ->type_name("HEX")
        ->allow_extra_args(false)
        ->check([](const std::string& text) {
            return platform::parse_public_key(text) ? "" : "not 64 lower-case hex digits";
        });
    command->add_option("--format", arguments->format)
        ->check(CLI::IsMember(std::vector<std::string>{"text", "table", "json"}))
        ->capture_default_str();
    CLI::Option* file =
        command->add_option("--export", arguments->export_file,
                            "a file of `tollgate export`, instead of the ledger; needs neither "
                            "database nor configuration");
    file->type_name("FILE");
    for (const char* other : {"--month", "--config", "--set"})
        file->excludes(command->get_option(other));
    command->callback([arguments, &exit] { exit = verify(*arguments); });
}

}  // namespace cli
