// Inside the command line: what the actions of `tollgate invoice` share; each file adds its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/database.h"
#include "ledger/accounts.h"
#include "ledger/invoices.h"

namespace cli {

struct InvoiceArguments {
    ConfigArguments config;
    std::string month;
    std::string account;
    std::string number;
    std::string format;
    std::string out;
    bool early = false;
    std::size_t jobs = 0;  // 0: as many as there are processors
    std::string reason;
    std::string author;
    std::string amount;
    std::string day;
    std::string reference;
};
using InvoiceInput = std::shared_ptr<InvoiceArguments>;

/// The command's settings, database and store, for as long as it acts.
struct InvoiceSession {
    explicit InvoiceSession(const ConfigArguments& arguments)
        : settings(load_settings(arguments)), database(settings), store(open_store(database)) {}
    Settings settings;
    Database database;
    ledger::Store store;
};

/// The one that --account names; else all, archived ones too.
std::vector<ledger::Account> accounts_of(ledger::Store& store, const InvoiceArguments& arguments);
/// Facts that are here and not yet in sessions; a meter that runs elsewhere does no harm.
void meter_what_is_pending(InvoiceSession& session);

CLI::App* add_action(CLI::App& group, const char* name, const char* description,
                     const InvoiceInput& arguments);
void add_month(CLI::App& action, const InvoiceInput& arguments, bool is_required);
void add_account_option(CLI::App& action, const InvoiceInput& arguments);

/// `close` and `issue`.
void add_closing(CLI::App& group, Exit& exit);
/// `void` and `pay`.
void add_settling(CLI::App& group);

}  // namespace cli
