#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/database.h"
#include "cli/row_printer.h"
#include "ledger/accounts.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    RowFormat format;
    std::string account;
    std::string label;
    std::string fingerprint;
};

void print(const std::vector<ledger::Key>& keys, const RowFormat& format) {
    RowPrinter rows({"fingerprint", "account", "label", "managed", "created_at", "revoked_at"});
    for (const ledger::Key& key : keys) {
        std::optional<std::string> revoked;
        if (key.revoked_at) revoked = calendar::to_text(*key.revoked_at);
        rows.add({key.fingerprint.text(), key.account_name, key.label, key.managed ? "yes" : "no",
                  calendar::to_text(key.created_at), revoked});
    }
    rows.print(format, std::cout);
}

void add_create(CLI::App& group) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* action = group.add_subcommand("create", "make a key; it is printed this once");
    arguments->config.add_to(*action);
    action->add_option("account", arguments->account, "its account's name or id")->required();
    action->add_option("--label", arguments->label, "what it is for")->type_name("L");
    action->callback([arguments] {
        with_store(arguments->config, [&](ledger::Store& store) {
            const auto created = ledger::create_key(store, arguments->account, arguments->label);
            std::cout << created.key << "\n";
            std::cerr << "fingerprint " << created.fingerprint.text()
                      << "; the key is stored nowhere: keep it now\n";
        });
    });
}

}  // namespace

void add_key(CLI::App& app, Exit&) {
    CLI::App* group = app.add_subcommand("key", "API keys of accounts (gateway.keys = managed)");
    group->require_subcommand(1);
    add_create(*group);

    auto listing = std::make_shared<Arguments>();
    CLI::App* list = group->add_subcommand("list", "print the keys' fingerprints");
    listing->config.add_to(*list);
    listing->format.add_to(*list);
    list->add_option("--account", listing->account, "only this account's")->type_name("A");
    list->callback([listing] {
        with_store(listing->config, [&](ledger::Store& store) {
            std::optional<std::string> account;
            if (!listing->account.empty()) account = listing->account;
            print(ledger::list_keys(store, account), listing->format);
        });
    });

    auto revoking = std::make_shared<Arguments>();
    CLI::App* revoke = group->add_subcommand("revoke", "refuse a key from now on");
    revoking->config.add_to(*revoke);
    revoking->format.add_to(*revoke);
    revoke->add_option("fingerprint", revoking->fingerprint, "its first digits, at least 4")
        ->required();
    revoke->callback([revoking] {
        with_store(revoking->config, [&](ledger::Store& store) {
            print({ledger::revoke_key(store, revoking->fingerprint)}, revoking->format);
        });
    });
}

}  // namespace cli
