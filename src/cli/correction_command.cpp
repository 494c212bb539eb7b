#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/database.h"
#include "cli/row_printer.h"
#include "cli/signing_key.h"
#include "ledger/checkpoints.h"
#include "ledger/manual_corrections.h"
#include "platform/clock.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    RowFormat format;
    ledger::NewCorrection entry;
    std::string account;
};

// Without a sign: the command's word says which way it goes.
std::string check_unsigned(const std::string& text) {
    return text.starts_with("-") ? "write the amount without a sign" : "";
}

// Signed at once: a checkpoint covers it before anybody is told that it is there.
void enter(const Arguments& arguments) {
    const platform::SigningKey key = get_signing_key(load_settings(arguments.config));
    with_store(arguments.config, [&](ledger::Store& store) {
        const calendar::Instant now = platform::SystemClock().now();
        const auto entered = ledger::enter_correction(store, arguments.entry, now);
        const auto checkpoint = ledger::make_checkpoint(store, key, now);
        std::cout << arguments.entry.account << " " << arguments.entry.reference << " "
                  << arguments.entry.amount << " " << arguments.entry.currency
                  << (entered == ledger::CorrectionEntered::entered ? "" : " was there already")
                  << "; signed by checkpoint " << checkpoint.number << "\n";
    });
}

void add_entering(CLI::App& group, const char* name, const char* description,
                  const std::string& sign) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* action = group.add_subcommand(name, description);
    arguments->config.add_to(*action);
    ledger::NewCorrection& entry = arguments->entry;
    action->add_option("account", entry.account, "its name or id")->required();
    action->add_option("amount", entry.amount, "decimal, without a sign: 12.50")
        ->required()
        ->check(check_unsigned);
    action->add_option("currency", entry.currency, "the account's: USD")->required();
    action
        ->add_option("--reference", entry.reference,
                     "your name for it, such as a ticket; the same again is entered once")
        ->required();
    action->add_option("--reason", entry.reason, "for the customer: it is on the invoice")
        ->required();
    action->add_option("--author", entry.author, "who answers for it; it is on the invoice")
        ->required();
    action->callback([arguments, sign] {
        arguments->entry.amount.insert(0, sign);
        enter(*arguments);
    });
}

Exit list(const Arguments& arguments) {
    Exit exit = Exit::done;
    with_store(arguments.config, [&](ledger::Store& store) {
        std::optional<std::string> account;
        if (!arguments.account.empty()) account = arguments.account;
        RowPrinter rows({"account", "sequence", "reference", "amount", "currency", "author",
                         "reason", "entered_at", "invoice", "hash"});
        for (const auto& stored : ledger::list_corrections(store, account)) {
            const invoicing::Correction& entry = stored.entry;
            rows.add({stored.account, std::to_string(entry.sequence), entry.reference,
                      to_text(entry.amount), std::string(entry.amount.currency().code()),
                      entry.author, entry.reason, to_text(entry.entered_at), stored.invoice,
                      entry.hash});
            if (!stored.is_broken || exit == Exit::refused) continue;
            exit = Exit::refused;
            std::cerr << "tollgate: entry " << entry.sequence << " of account "
                      << to_printable(stored.account)
                      << " or one before it is not what was entered: its hash differs\n";
        }
        rows.print(arguments.format, std::cout);
    });
    return exit;
}

}  // namespace

void add_correction(CLI::App& app, Exit& exit) {
    CLI::App* group = app.add_subcommand(
        "correction", "amounts entered by hand, for the account's next invoice; never changed");
    group->require_subcommand(1);
    add_entering(*group, "credit", "owe the customer an amount", "-");
    add_entering(*group, "charge", "have the customer owe an amount", "");

    auto listing = std::make_shared<Arguments>();
    CLI::App* action = group->add_subcommand("list", "print entries, each held against its hash");
    listing->config.add_to(*action);
    listing->format.add_to(*action);
    action->add_option("--account", listing->account, "one account, by name or id")->type_name("A");
    action->callback([listing, &exit] { exit = list(*listing); });
}

}  // namespace cli
