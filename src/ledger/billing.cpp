#include "ledger/billing.h"

#include <sstream>

#include "ledger/array_text.h"
#include "ledger/billing_rows.h"

namespace ledger {
namespace {

using invoicing::Party;

constexpr std::size_t longest_text = 200;  // bytes
constexpr std::size_t most_street_lines = 3;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

std::string joined_lines(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += (text.empty() ? "" : "\n") + line;
    return text;
}

void check_text(const char* what, const std::string& text) {
    const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
    if (text.size() <= longest_text && to_storable(text) == text &&
        std::ranges::none_of(text, is_control))
        return;
    throw Refused(std::string(what) + " is a line of at most 200 bytes in UTF-8");
}

void check_texts(const Party& party) {
    for (const std::string& line : party.street) check_text("a line of the street", line);
    if (party.street.size() > most_street_lines) throw Refused("a street has at most three lines");
    check_text("the name", party.name);
    check_text("the city", party.city);
    check_text("the postal code", party.postal_code);
    check_text("the VAT id", party.vat_id);
    check_text("the registration id", party.registration_id);
    check_text("the electronic address", party.electronic_address);
    check_text("the e-mail", party.email);
}

void check(const Billing& billing) {
    check_texts(billing.party);
    if (const std::string fault = find_fault(billing.party); !fault.empty()) throw Refused(fault);
    if (to_storable(billing.tax.text) != billing.tax.text) throw Refused("a tax text is UTF-8");
    if (const std::string fault = find_fault(billing.tax); !fault.empty()) throw Refused(fault);
    if (billing.tax.category == invoicing::TaxCategory::reverse_charge &&
        billing.party.vat_id.empty()) {
        throw Refused("reverse charge needs the account's VAT id (--vat-id)");
    }
}

lifecycle::AccountId find_account_id(Work& work, const std::string& id_or_name) {
    const pqxx::result rows = work.exec_params(
        "SELECT id FROM accounts WHERE id = $1 OR name = $1 ORDER BY id = $1 DESC LIMIT 1",
        to_storable(id_or_name));
    if (rows.empty()) throw Refused("there is no account `" + id_or_name + "`");
    return lifecycle::AccountId(rows[0][0].as<std::string>());
}

Billing read_row(const pqxx::row& row) {
    const auto category = invoicing::parse_tax_category(row[10].as<std::string>());
    const auto rate = money::parse_decimal(row[11].c_str());
    if (!category || !rate) throw std::runtime_error("an account's tax is not one that is known");
    return {.party = {.name = row[0].as<std::string>(),
                      .street = lines_of(row[1].as<std::string>()),
                      .city = row[2].as<std::string>(),
                      .postal_code = row[3].as<std::string>(),
                      .country = row[4].as<std::string>(),
                      .vat_id = row[5].as<std::string>(),
                      .registration_id = row[6].as<std::string>(),
                      .electronic_address = row[7].as<std::string>(),
                      .electronic_scheme = row[8].as<std::string>(),
                      .email = row[9].as<std::string>()},
            .tax = {.category = *category, .rate = *rate, .text = row[12].as<std::string>()}};
}

void append_row(Work& work, const lifecycle::AccountId& account, const Billing& billing) {
    const Party& party = billing.party;
    work.exec_params(
        "INSERT INTO account_billing (account_id, revision, name, street, city, postal_code, "
        "country, vat_id, registration_id, electronic_address, electronic_scheme, email, "
        "tax_category, tax_rate, tax_text) SELECT $1, 1 + (SELECT coalesce(max(revision), 0) FROM "
        "account_billing WHERE account_id = $1), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
        "$13, $14",
        account.text(), party.name, joined_lines(party.street), party.city, party.postal_code,
        party.country, party.vat_id, party.registration_id, party.electronic_address,
        party.electronic_scheme, party.email, std::string(to_text(billing.tax.category)),
        money::to_text(billing.tax.rate), billing.tax.text);
}

}  // namespace

std::map<lifecycle::AccountId, Billing> read_billings(
    Work& work, const std::vector<lifecycle::AccountId>& accounts) {
    ArrayText list;
    for (const auto& account : accounts) list.add(account.text());
    std::map<lifecycle::AccountId, Billing> billings;
    for (const auto& row : work.exec_params(
             "SELECT DISTINCT ON (account_id) name, street, city, postal_code, country, vat_id, "
             "registration_id, electronic_address, electronic_scheme, email, tax_category, "
             "tax_rate, tax_text, account_id FROM account_billing WHERE account_id = "
             "ANY($1::text[]) ORDER BY account_id, revision DESC",
             list.text()))
        billings.emplace(lifecycle::AccountId(row[13].as<std::string>()), read_row(row));
    return billings;
}

Billing read_billing(Work& work, const lifecycle::AccountId& account) {
    auto found = read_billings(work, {account});
    return found.empty() ? Billing{} : std::move(found.begin()->second);
}

Billing get_billing(Store& store, const std::string& account) {
    return transact(store,
                    [&](Work& work) { return read_billing(work, find_account_id(work, account)); });
}

Billing change_billing(Store& store, const std::string& account,
                       const std::function<void(Billing&)>& change) {
    return transact(store, [&](Work& work) {
        const lifecycle::AccountId id = find_account_id(work, account);
        // One change after the other: none is built on what another one replaces.
        work.exec_params("SELECT FROM accounts WHERE id = $1 FOR UPDATE", id.text());
        Billing billing = read_billing(work, id);
        change(billing);
        billing.tax = make_tax_terms(billing.tax.category, billing.tax.rate, billing.tax.text);
        check(billing);
        append_row(work, id, billing);
        return billing;
    });
}

}  // namespace ledger
