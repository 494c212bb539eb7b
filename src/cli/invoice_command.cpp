#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/database.h"
#include "cli/signing_key.h"
#include "invoicing/document.h"
#include "ledger/checkpoints.h"
#include "ledger/invoices.h"
#include "ledger/meter.h"
#include "ledger/queries.h"
#include "platform/clock.h"
#include "reports/invoice_list.h"
#include "reports/invoice_page.h"

namespace cli {
namespace {

struct Arguments {
    ConfigArguments config;
    std::string month;
    std::string account;
    std::string number;
    std::string format;
    std::string out;
    bool early = false;
};
using Shared = std::shared_ptr<Arguments>;

ledger::InvoiceTerms terms_of(const Settings& settings) {
    return {.issuer = {.name = settings.issuer.name,
                       .address = settings.issuer.address,
                       .country = settings.issuer.country,
                       .vat_id = settings.issuer.vat_id},
            .series = settings.issuer.invoice_series};
}

std::vector<ledger::Account> accounts_of(ledger::Store& store, const Arguments& arguments) {
    if (arguments.account.empty()) return ledger::list_accounts(store, true);
    return {ledger::get_account(store, arguments.account)};
}

std::string render(const invoicing::Invoice& invoice, const std::string& format,
                   const Settings& settings) {
    if (format == "json") return to_json(invoice, invoicing::Layout::indented) + "\n";
    const auto show = reports::show_in(ledger::get_zone(invoice.timezone));
    if (format == "text") return reports::invoice_text(invoice, show);
    return reports::invoice_page(invoice, show,
                                 reports::get_invoice_template(settings.reports.templates));
}

void write(const std::string& text, const std::string& path) {
    if (path.empty() || path == "-") {
        std::cout << text;
        return;
    }
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file) throw std::runtime_error(path + ": cannot be written");
}

/// The command's settings, database and store, for as long as it acts.
struct Session {
    explicit Session(const ConfigArguments& arguments)
        : settings(load_settings(arguments)), database(settings), store(open_store(database)) {}
    Settings settings;
    Database database;
    ledger::Store store;
};

// Facts that are here and not yet in sessions; a meter that runs elsewhere does no harm.
void meter_what_is_pending(Session& session) {
    ledger::Meter meter(session.database.store_options());
    while (meter.meter_pending(true) > 0) {
    }
}

// Refused by name: a month that goes on somewhere.
void require_ended(const std::vector<ledger::Account>& accounts, calendar::Month month,
                   calendar::Instant now) {
    for (const ledger::Account& account : accounts) {
        if (ledger::has_ended(account, month, now)) continue;
        throw ledger::Refused(to_text(month) + " has not ended for account " + account.name + " (" +
                              account.timezone +
                              "); --early closes it now, and what comes later becomes "
                              "adjustments on the next invoice");
    }
}

// What may still come for the month is said, and does not stop it: it becomes adjustments.
void warn_of_what_is_missing(ledger::Store& store, const std::vector<ledger::Account>& accounts,
                             calendar::Month month) {
    calendar::Instant end = ledger::get_zone("UTC").start_of(month.next());
    for (const ledger::Account& account : accounts) {
        end = std::max(end, ledger::get_zone(account.timezone).start_of(month.next()));
    }
    for (const auto& gateway : ledger::list_unfinished_gateways(store, end)) {
        std::cerr << "tollgate: gateway " << gateway.gateway.text() << " has shipped up to "
                  << (gateway.shipped_through ? to_text(*gateway.shipped_through) : "nothing")
                  << "; what it still holds of " << to_text(month) << " becomes adjustments\n";
    }
    for (const auto& waiting : ledger::list_waiting_instances(store)) {
        std::cerr << "tollgate: the facts of " << waiting.model.text() << " of account "
                  << waiting.account.text() << " are not in sessions"
                  << (waiting.reason.empty() ? "" : ": " + waiting.reason) << "\n";
    }
}

Exit close_accounts(const Arguments& arguments) {
    Session session(arguments.config);
    const auto month = *calendar::parse_month(arguments.month);
    const calendar::Instant now = platform::SystemClock().now();
    meter_what_is_pending(session);
    const auto accounts = accounts_of(session.store, arguments);
    if (!arguments.early) require_ended(accounts, month, now);
    warn_of_what_is_missing(session.store, accounts, month);
    Exit exit = Exit::done;
    bool has_issued = false;
    for (const ledger::Account& account : accounts) {
        const auto closing =
            ledger::close_month(session.store, account, month, terms_of(session.settings), now);
        for (const auto& obstacle : closing.obstacles) {
            std::cerr << "tollgate: account " << account.name
                      << " is not closed: " << obstacle.reason << "\n";
            exit = Exit::refused;
        }
        if (!closing.issued) continue;
        has_issued = true;
        std::cout << account.name << " " << arguments.month << " " << to_text(closing.issued->total)
                  << " " << account.currency << " " << *closing.issued->number << std::endl;
    }
    if (has_issued) ledger::make_checkpoint(session.store, get_signing_key(session.settings), now);
    return exit;
}

void preview(const Arguments& arguments) {
    Session session(arguments.config);
    const auto month = *calendar::parse_month(arguments.month);
    const calendar::Instant now = platform::SystemClock().now();
    meter_what_is_pending(session);
    std::vector<std::string> drafts;
    for (const ledger::Account& account : accounts_of(session.store, arguments)) {
        const auto draft =
            ledger::preview_invoice(session.store, account, month, terms_of(session.settings), now);
        for (const auto& obstacle : draft.obstacles) {
            std::cerr << "tollgate: account " << account.name
                      << " cannot be closed: " << obstacle.reason << "\n";
        }
        if (draft.invoice.is_empty() && arguments.account.empty()) continue;
        drafts.push_back(render(draft.invoice, arguments.format, session.settings));
    }
    if (arguments.format == "html" && drafts.size() > 1) {
        throw ledger::Refused("several accounts have a draft: name one with --account");
    }
    std::string text;
    for (const std::string& draft : drafts) {
        if (!text.empty()) text += arguments.format == "json" ? "" : "\n";
        text += draft;
    }
    write(text, arguments.out);
}

void list(const Arguments& arguments) {
    Session session(arguments.config);
    ledger::InvoiceFilter filter;
    if (!arguments.account.empty()) {
        filter.account = ledger::get_account(session.store, arguments.account).id;
    }
    if (!arguments.month.empty()) filter.month = arguments.month;
    const auto invoices = ledger::list_invoices(session.store, filter);
    if (arguments.format == "json") {
        std::cout << reports::invoice_list_json(invoices);
    } else if (arguments.format == "csv") {
        std::cout << reports::invoice_csv(invoices);
    } else {
        std::cout << reports::invoice_table(invoices);
    }
}

void export_invoice(const Arguments& arguments) {
    Session session(arguments.config);
    const auto invoice = ledger::get_invoice(session.store, arguments.number);
    write(render(invoice, arguments.format, session.settings), arguments.out);
}

CLI::App* add_action(CLI::App& group, const char* name, const char* description,
                     const Shared& arguments) {
    CLI::App* action = group.add_subcommand(name, description);
    arguments->config.add_to(*action);
    return action;
}

void add_month(CLI::App& action, const Shared& arguments, bool is_required) {
    action.add_option("--month", arguments->month, "a month of the account's zone: 2026-10")
        ->required(is_required)
        ->type_name("MONTH")
        ->check(check_month);
}

void add_account_option(CLI::App& action, const Shared& arguments) {
    action.add_option("--account", arguments->account, "one account, by name or id")
        ->type_name("A");
}

void add_format(CLI::App& action, const Shared& arguments,
                const std::vector<std::string>& formats) {
    arguments->format = formats.front();
    action.add_option("--format", arguments->format)
        ->check(CLI::IsMember(formats))
        ->capture_default_str();
}

void add_out(CLI::App& action, const Shared& arguments) {
    action.add_option("--out", arguments->out, "a file to write; else standard output")
        ->type_name("FILE");
}

void add_early(CLI::App& action, const Shared& arguments) {
    action.add_flag("--early", arguments->early, "also a month that has not ended");
}

void add_reading(CLI::App& group) {
    auto previewing = std::make_shared<Arguments>();
    CLI::App* action = add_action(group, "preview", "the month's invoice as of now", previewing);
    add_month(*action, previewing, true);
    add_account_option(*action, previewing);
    add_format(*action, previewing, {"text", "json", "html"});
    add_out(*action, previewing);
    action->callback([previewing] { preview(*previewing); });

    auto listing = std::make_shared<Arguments>();
    action = add_action(group, "list", "issued invoices", listing);
    add_month(*action, listing, false);
    add_account_option(*action, listing);
    add_format(*action, listing, {"table", "json", "csv"});
    action->callback([listing] { list(*listing); });

    auto showing = std::make_shared<Arguments>();
    action = add_action(group, "show", "an issued invoice, to read", showing);
    action->add_option("number", showing->number)->required();
    showing->format = "text";
    action->callback([showing] { export_invoice(*showing); });

    auto exporting = std::make_shared<Arguments>();
    action = add_action(group, "export", "an issued invoice as a document", exporting);
    action->add_option("number", exporting->number)->required();
    add_format(*action, exporting, {"json", "html"});
    add_out(*action, exporting);
    action->callback([exporting] { export_invoice(*exporting); });
}

}  // namespace

void add_invoice(CLI::App& app, Exit& exit) {
    CLI::App* group = app.add_subcommand("invoice", "drafts, closing a month, issued invoices");
    group->require_subcommand(1);

    auto closing = std::make_shared<Arguments>();
    CLI::App* close = add_action(*group, "close", "issue a month's invoices", closing);
    add_month(*close, closing, true);
    add_account_option(*close, closing);
    add_early(*close, closing);
    close->callback([closing, &exit] { exit = close_accounts(*closing); });

    auto issuing = std::make_shared<Arguments>();
    CLI::App* issue = add_action(*group, "issue", "issue one account's invoice", issuing);
    issue->add_option("account", issuing->account, "by name or id")->required();
    add_month(*issue, issuing, true);
    add_early(*issue, issuing);
    issue->callback([issuing, &exit] { exit = close_accounts(*issuing); });

    add_reading(*group);
}

}  // namespace cli
