// Who issues an invoice and who gets it, with what EN 16931 asks of both. Every text may be empty.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace invoicing {

struct Party {
    std::string name = {};
    std::string address = {};              // free lines parted by \n, beside what follows
    std::vector<std::string> street = {};  // lines
    std::string city = {};
    std::string postal_code = {};
    std::string country = {};             // ISO 3166-1 alpha-2
    std::string vat_id = {};              // or what the country has in its place
    std::string registration_id = {};     // in a register of companies
    std::string electronic_address = {};  // where electronic invoices go
    std::string electronic_scheme = {};   // of that address: a code of EAS, four digits
    std::string email = {};               // whom to ask
    std::string iban = {};                // of the issuer: where to pay; without spaces
    std::string bic = {};                 // of that bank

    friend bool operator==(const Party&, const Party&) = default;
};

/// The address as lines, from street to city or, where there are none of these, the free ones; the
/// country is not among them.
std::vector<std::string> address_lines(const Party& party);

/// What is wrong with one field, a sentence's rest: "must be …". Empty: nothing; an empty text is
/// always right.
std::string find_country_fault(std::string_view text);
std::string find_email_fault(std::string_view text);
std::string find_scheme_fault(std::string_view text);
std::string find_iban_fault(std::string_view text);  // its check digits too
std::string find_bic_fault(std::string_view text);

/// The first fault of all of them with the field's name in front, and that an address and its
/// scheme come together. Empty: none.
std::string find_fault(const Party& party);

}  // namespace invoicing
