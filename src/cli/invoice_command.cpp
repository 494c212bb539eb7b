#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "cli/invoice_actions.h"
#include "cli/issuer.h"
#include "invoicing/document.h"
#include "ledger/meter.h"
#include "platform/clock.h"
#include "reports/invoice_csv.h"
#include "reports/invoice_list.h"
#include "reports/invoice_page.h"
#include "reports/invoice_pdf.h"
#include "reports/invoice_ubl.h"

namespace cli {
namespace {

// What is missing was missing when it was issued, and an issued invoice stays as it is.
std::string ubl_of(const invoicing::Invoice& invoice, const calendar::Zone& zone) {
    const auto document = reports::invoice_ubl(invoice, zone);
    if (document.faults.empty()) return document.xml;
    std::string sentence =
        invoice.number.value_or("the draft of " + invoice.account) + " cannot be a UBL document";
    for (const std::string& fault : document.faults) {
        sentence += (&fault == document.faults.data() ? ": " : "; ") + fault;
    }
    if (invoice.number) {
        sentence +=
            ". It stays as it was issued: put right what is missing, then take it back "
            "(tollgate invoice void) and close its month again";
    }
    throw ledger::Refused(sentence);
}

std::string render(const invoicing::Invoice& invoice, const std::string& format,
                   const Settings& settings) {
    if (format == "json") return to_json(invoice, invoicing::Layout::indented) + "\n";
    if (format == "csv") return reports::invoice_csv(invoice);
    const auto zone = ledger::get_zone(invoice.timezone);
    if (format == "ubl") return ubl_of(invoice, zone);
    if (format == "pdf") {
        reports::PdfFonts fonts(settings.reports.fonts);
        return reports::invoice_pdf(invoice, zone, fonts);
    }
    const auto show = reports::show_in(zone);
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

// Bytes that are no text do a terminal no good.
void require_a_place(const InvoiceArguments& arguments) {
    const bool is_to_terminal =
        (arguments.out.empty() || arguments.out == "-") && ::isatty(STDOUT_FILENO) == 1;
    if (arguments.format == "pdf" && is_to_terminal) {
        throw CLI::ValidationError("--format pdf", "not to a terminal: name a file with --out");
    }
}

bool is_one_document(const std::string& format) {
    return format != "text" && format != "json";
}

void preview(const InvoiceArguments& arguments) {
    require_a_place(arguments);
    InvoiceSession session(arguments.config);
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
    if (is_one_document(arguments.format) && drafts.size() > 1) {
        throw ledger::Refused("several accounts have a draft: name one with --account");
    }
    std::string text;
    for (const std::string& draft : drafts) {
        if (!text.empty()) text += arguments.format == "json" ? "" : "\n";
        text += draft;
    }
    write(text, arguments.out);
}

void list(const InvoiceArguments& arguments) {
    InvoiceSession session(arguments.config);
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

void export_invoice(const InvoiceArguments& arguments) {
    require_a_place(arguments);
    InvoiceSession session(arguments.config);
    const auto invoice = ledger::get_invoice(session.store, arguments.number);
    write(render(invoice, arguments.format, session.settings), arguments.out);
}

void add_format(CLI::App& action, const InvoiceInput& arguments,
                const std::vector<std::string>& formats, const std::string& help = "") {
    arguments->format = formats.front();
    action.add_option("--format", arguments->format, help)
        ->check(CLI::IsMember(formats))
        ->capture_default_str();
}

void add_out(CLI::App& action, const InvoiceInput& arguments) {
    action.add_option("--out", arguments->out, "a file to write; else standard output")
        ->type_name("FILE");
}

void add_reading(CLI::App& group) {
    auto previewing = std::make_shared<InvoiceArguments>();
    CLI::App* action = add_action(group, "preview", "the month's invoice as of now", previewing);
    add_month(*action, previewing, true);
    add_account_option(*action, previewing);
    add_format(*action, previewing, {"text", "json", "html", "pdf", "csv", "ubl"},
               "a draft is no UBL document: ubl says what else its invoice would lack");
    add_out(*action, previewing);
    action->callback([previewing] { preview(*previewing); });

    auto listing = std::make_shared<InvoiceArguments>();
    action = add_action(group, "list", "issued invoices", listing);
    add_month(*action, listing, false);
    add_account_option(*action, listing);
    add_format(*action, listing, {"table", "json", "csv"});
    action->callback([listing] { list(*listing); });

    auto showing = std::make_shared<InvoiceArguments>();
    action = add_action(group, "show", "an issued invoice, to read", showing);
    action->add_option("number", showing->number)->required();
    showing->format = "text";
    action->callback([showing] { export_invoice(*showing); });

    auto exporting = std::make_shared<InvoiceArguments>();
    action = add_action(group, "export", "an issued invoice as a document", exporting);
    action->add_option("number", exporting->number)->required();
    add_format(*action, exporting, {"json", "html", "pdf", "csv", "ubl"},
               "csv: lines, taxes and totals; ubl: UBL 2.1 to EN 16931 and Peppol BIS 3");
    add_out(*action, exporting);
    action->callback([exporting] { export_invoice(*exporting); });
}

}  // namespace

std::vector<ledger::Account> accounts_of(ledger::Store& store, const InvoiceArguments& arguments) {
    if (arguments.account.empty()) return ledger::list_accounts(store, true);
    return {ledger::get_account(store, arguments.account)};
}

void meter_what_is_pending(InvoiceSession& session) {
    ledger::Meter meter(session.database.store_options());
    while (meter.meter_pending(true) > 0) {
    }
}

CLI::App* add_action(CLI::App& group, const char* name, const char* description,
                     const InvoiceInput& arguments) {
    CLI::App* action = group.add_subcommand(name, description);
    arguments->config.add_to(*action);
    return action;
}

void add_month(CLI::App& action, const InvoiceInput& arguments, bool is_required) {
    action.add_option("--month", arguments->month, "a month of the account's zone: 2026-10")
        ->required(is_required)
        ->type_name("MONTH")
        ->check(check_month);
}

void add_account_option(CLI::App& action, const InvoiceInput& arguments) {
    action.add_option("--account", arguments->account, "one account, by name or id")
        ->type_name("A");
}

void add_invoice(CLI::App& app, Exit& exit) {
    CLI::App* group =
        app.add_subcommand("invoice", "drafts, closing a month, issued invoices, payments");
    group->require_subcommand(1);
    add_closing(*group, exit);
    add_reading(*group);
    add_settling(*group);
}

}  // namespace cli
