// `tollgate export`: an account's month for the account, to verify without us.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/database.h"
#include "cli/signing_key.h"
#include "ledger/account_export.h"
#include "ledger/meter.h"
#include "platform/clock.h"
#include "platform/files.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    std::string account;
    std::string month;
    std::string output;
    bool with_checkpoint = false;
};

void write(const std::string& text, const std::string& path) {
    if (!path.empty() && path != "-") {
        platform::write_file_atomically(path, text);
        return;
    }
    std::cout << text << std::flush;
    if (!std::cout) throw std::runtime_error("standard output: cannot be written");
}

void run(const Arguments& arguments) {
    const Settings settings = load_settings(arguments.config);
    const platform::SigningKey key = get_signing_key(settings);
    const Database database(settings);
    ledger::Store store = open_store(database);
    ledger::ExportRequest request{.account = ledger::get_account(store, arguments.account),
                                  .month = calendar::parse_month(arguments.month).value(),
                                  .made_at = platform::SystemClock().now()};
    if (arguments.with_checkpoint) request.checkpoints_of = key.public_key();
    // Facts that are here and not yet in sessions; a meter that runs elsewhere does no harm.
    ledger::Meter meter(database.store_options());
    while (meter.meter_pending(true) > 0) {
    }
    std::string text = proof::to_text(ledger::read_account_export(store, request));
    text += proof::to_text(proof::seal_of(text, key));
    if (text.size() > proof::export_bytes_limit)
        throw ledger::Refused("the export would be longer than 256 MiB, which none may be");
    write(text, arguments.output);
}

}  // namespace

void add_export(CLI::App& app, Exit&) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = app.add_subcommand(
        "export",
        "an account's month with the facts that it rests on, signed; the account checks it by "
        "`tollgate verify --export FILE`");
    arguments->config.add_to(*command);
    command->add_option("--account", arguments->account, "by name or id")
        ->required()
        ->type_name("A");
    command->add_option("--month", arguments->month, "a month of the account's zone: 2026-10")
        ->required()
        ->type_name("M")
        ->check(check_month);
    command
        ->add_option("--output", arguments->output,
                     "a file to write, readable by its owner alone; else standard output")
        ->type_name("FILE");
    command->add_flag("--with-checkpoint", arguments->with_checkpoint,
                      "enclose the newest checkpoint that covers the facts: it names every account "
                      "by its id, with the count of its facts");
    command->callback([arguments] { run(*arguments); });
}

}  // namespace cli
