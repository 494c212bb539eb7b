#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "calendar/period.h"
#include "cli/command.h"
#include "cli/database.h"
#include "cli/row_printer.h"
#include "cli/signing_key.h"
#include "ledger/verification.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    std::string month;
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
    const proof::Difference& difference = *found.difference;
    std::cout << "DIFFERENT: " << to_printable(difference.subject) << ": "
              << to_printable(difference.what) << "\n  expected "
              << to_printable(difference.expected) << "\n  found    "
              << to_printable(difference.found) << "\n";
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
                                   {"difference", nullptr}};
    if (const auto& difference = found.difference) {
        json["difference"] = {{"subject", difference->subject},
                              {"what", difference->what},
                              {"expected", difference->expected},
                              {"found", difference->found}};
    }
    std::cout << json.dump(2) << "\n";
}

Exit verify(const Arguments& arguments) {
    ledger::VerificationScope scope;
    if (!arguments.month.empty()) scope.month = arguments.month;
    if (const auto key = find_signing_key(load_settings(arguments.config)))
        scope.trusted.push_back(key->public_key());
    for (const std::string& hex : arguments.public_keys)
        scope.trusted.push_back(platform::parse_public_key(hex).value());
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
        "verify", "recompute chains, sessions, charges and invoices from the facts");
    arguments->config.add_to(*command);
    command->add_option("--month", arguments->month, "charges and invoices of this month alone")
        ->type_name("M")
        ->check([](const std::string& text) {
            return calendar::parse_month(text) ? "" : text + " is no month; write 2026-10";
        });
    command
        ->add_option("--public-key", arguments->public_keys,
                     "also take checkpoints that this key signed: another gateway's")
        ->type_name("HEX")
        ->allow_extra_args(false)
        ->check([](const std::string& text) {
            return platform::parse_public_key(text) ? "" : "not 64 lower-case hex digits";
        });
    command->add_option("--format", arguments->format)
        ->check(CLI::IsMember(std::vector<std::string>{"text", "json"}))
        ->capture_default_str();
    command->callback([arguments, &exit] { exit = verify(*arguments); });
}

}  // namespace cli
