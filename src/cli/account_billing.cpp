#include "cli/account_billing.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/database.h"

namespace cli {
namespace {

using invoicing::Party;
using ledger::Billing;

/// One text of the party: its column and its option.
struct PartyField {
    const char* column;
    const char* option;
    const char* help;
    std::string Party::*field;
};

constexpr PartyField fields[] = {
    {"billing_name", "--name", "who is billed, where not the account's name", &Party::name},
    {"city", "--city", "", &Party::city},
    {"postal_code", "--postal-code", "", &Party::postal_code},
    {"country", "--country", "ISO 3166, two capitals", &Party::country},
    {"vat_id", "--vat-id", "with its country's prefix", &Party::vat_id},
    {"registration_id", "--registration-id", "in a register of companies", &Party::registration_id},
    {"electronic_address", "--electronic-address", "where electronic invoices go",
     &Party::electronic_address},
    {"electronic_scheme", "--electronic-scheme", "of that address: four digits of the EAS list",
     &Party::electronic_scheme},
    {"email", "--email", "", &Party::email},
};

struct Arguments {
    ConfigArguments config;
    RowFormat format;
    std::string account;
    std::map<const PartyField*, std::string> texts;  // as given
    std::vector<std::string> street;
    std::string tax;
    std::string rate;
    std::string tax_text;
    std::function<bool(const char*)> is_given;  // an option, by its name
};
using Shared = std::shared_ptr<Arguments>;

// Absent options change nothing; another category drops the rate and text of the one before.
void change_tax(const Arguments& arguments, invoicing::TaxTerms& terms) {
    if (arguments.is_given("--tax")) {
        terms = {.category = invoicing::parse_tax_category(arguments.tax).value()};
    }
    if (arguments.is_given("--tax-rate")) {
        const auto rate = money::parse_decimal(arguments.rate);
        if (!rate) throw ledger::Refused("`" + arguments.rate + "` is no rate: write 19 or 8.25");
        terms.rate = *rate;
    }
    if (arguments.is_given("--tax-text")) terms.text = arguments.tax_text;
}

void change(const Arguments& arguments, Billing& billing) {
    for (const PartyField& field : fields) {
        if (arguments.is_given(field.option))
            billing.party.*field.field = arguments.texts.at(&field);
    }
    if (arguments.is_given("--street")) {
        billing.party.street = arguments.street;
        std::erase(billing.party.street, "");
    }
    change_tax(arguments, billing.tax);
}

void set(const Arguments& arguments) {
    with_store(arguments.config, [&](ledger::Store& store) {
        const ledger::Account account = ledger::get_account(store, arguments.account);
        const Billing billing = ledger::change_billing(
            store, account.id.text(), [&](Billing& present) { change(arguments, present); });
        print_account(account, billing, arguments.format);
    });
}

void add_tax_options(CLI::App& action, const Shared& arguments) {
    action.add_option("--tax", arguments->tax, "what its invoices bear")
        ->check(CLI::IsMember({"standard", "zero", "reverse_charge", "out_of_scope"}));
    action.add_option("--tax-rate", arguments->rate, "percent, of standard")->type_name("P");
    action.add_option("--tax-text", arguments->tax_text, "what its invoices say of the tax");
}

std::optional<std::string> shown(const std::string& text) {
    if (text.empty()) return {};
    return text;
}

std::string joined_street(const Party& party) {
    std::string text;
    for (const std::string& line : party.street) text += (text.empty() ? "" : ", ") + line;
    return text;
}

}  // namespace

void print_account(const ledger::Account& account, const Billing& billing,
                   const RowFormat& format) {
    std::vector<std::string> columns = {"name",        "id",         "timezone",    "currency",
                                        "passthrough", "created_at", "archived_at", "street"};
    std::optional<std::string> archived;
    if (account.archived_at) archived = calendar::to_text(*account.archived_at);
    std::vector<std::optional<std::string>> cells = {account.name,
                                                     account.id.text(),
                                                     account.timezone,
                                                     account.currency,
                                                     account.passthrough ? "yes" : "no",
                                                     calendar::to_text(account.created_at),
                                                     archived,
                                                     shown(joined_street(billing.party))};
    for (const PartyField& field : fields) {
        columns.emplace_back(field.column);
        cells.push_back(shown(billing.party.*field.field));
    }
    for (const char* column : {"tax", "tax_rate", "tax_text"}) columns.emplace_back(column);
    cells.emplace_back(to_text(billing.tax.category));
    cells.emplace_back(to_text(billing.tax.rate));
    cells.push_back(shown(billing.tax.text));
    RowPrinter rows(columns);
    rows.add(cells);
    rows.print(format, std::cout);
}

void add_account_set(CLI::App& group) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* action = group.add_subcommand(
        "set", "who is billed and with which tax, from the next invoice on; \"\" takes back");
    arguments->config.add_to(*action);
    arguments->format.add_to(*action);
    action->add_option("account", arguments->account, "its name or id")->required();
    for (const PartyField& field : fields) {
        action->add_option(field.option, arguments->texts[&field], field.help);
    }
    action->add_option("--street", arguments->street, "a line; may be given again")
        ->allow_extra_args(false);
    add_tax_options(*action, arguments);
    arguments->is_given = [action](const char* option) { return action->count(option) > 0; };
    action->callback([arguments] { set(*arguments); });
}

}  // namespace cli
