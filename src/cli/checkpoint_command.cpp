// `tollgate checkpoint`: signs where every chain stands, or says by which key.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/database.h"
#include "cli/signing_key.h"
#include "ledger/checkpoints.h"
#include "platform/clock.h"
#include "platform/crypto.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    bool public_key = false;
};

void make(const Arguments& arguments) {
    const Settings settings = load_settings(arguments.config);
    if (arguments.public_key) {
        const auto key = find_signing_key(settings);
        if (!key) {
            throw ledger::Refused("there is no key yet at " + signing_key_path(settings) +
                                  ": `serve` or the first `checkpoint` makes it");
        }
        std::cout << platform::to_hex(key->public_key()) << "\n";
        return;
    }
    const platform::SigningKey key = get_signing_key(settings);
    const Database database(settings);
    ledger::Store store = open_store(database);
    const auto made = ledger::make_checkpoint(store, key, platform::SystemClock().now());
    std::cout << "checkpoint " << made.number << "\n"
              << made.body << "\n"
              << "signature  " << platform::to_hex(made.signature) << "\n"
              << "public key " << platform::to_hex(made.public_key) << "\n";
}

}  // namespace

void add_checkpoint(CLI::App& app, Exit&) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command =
        app.add_subcommand("checkpoint", "sign where the chain of every account's facts stands");
    arguments->config.add_to(*command);
    command->add_flag("--public-key", arguments->public_key,
                      "print the key that verifies the signatures; sign nothing");
    command->callback([arguments] { make(*arguments); });
}

}  // namespace cli
