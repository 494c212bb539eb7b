#include "invoicing/party.h"

#include <algorithm>

namespace invoicing {
namespace {

bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_upper_or_digit(char c) {
    return is_upper(c) || is_digit(c);
}

bool begins_with_country(std::string_view text) {
    return text.size() >= 2 && is_upper(text[0]) && is_upper(text[1]);
}

// ISO 13616: the first four characters last, letters as 10 to 35, the whole is 1 modulo 97.
bool has_check_digits(std::string_view iban) {
    std::string turned(iban.substr(4));
    turned += iban.substr(0, 4);
    int remainder = 0;
    for (const char c : turned) {
        remainder = is_digit(c) ? remainder * 10 + (c - '0') : remainder * 100 + (c - 'A' + 10);
        remainder %= 97;
    }
    return remainder == 1;
}

void append_lines(std::vector<std::string>& lines, std::string_view text) {
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        lines.emplace_back(text.substr(start, end - start));
        start = end + 1;
    }
}

}  // namespace

std::vector<std::string> address_lines(const Party& party) {
    std::vector<std::string> lines = party.street;
    std::string place = party.postal_code;
    if (!place.empty() && !party.city.empty()) place += ' ';
    place += party.city;
    if (!place.empty()) lines.push_back(place);
    if (lines.empty()) append_lines(lines, party.address);
    return lines;
}

std::string find_country_fault(std::string_view text) {
    const bool is_code = text.size() == 2 && begins_with_country(text);
    return text.empty() || is_code ? "" : "must be an ISO 3166 code of two capitals, such as DE";
}

std::string find_email_fault(std::string_view text) {
    const std::size_t at = text.find('@');
    const bool is_address = at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
                            text.find('@', at + 1) == std::string_view::npos &&
                            text.find_first_of(" \t\r\n,;<>") == std::string_view::npos;
    return text.empty() || is_address ? "" : "must be an address such as billing@example.com";
}

std::string find_scheme_fault(std::string_view text) {
    const bool is_code = text.size() == 4 && std::ranges::all_of(text, is_digit);
    return text.empty() || is_code ? ""
                                   : "must be a code of the EAS list, four digits such as 9930";
}

std::string find_iban_fault(std::string_view text) {
    const bool is_iban = begins_with_country(text) && text.size() >= 15 && text.size() <= 34 &&
                         std::ranges::all_of(text, is_upper_or_digit) && has_check_digits(text);
    return text.empty() || is_iban ? ""
                                   : "must be an IBAN without spaces, with its right check digits";
}

std::string find_bic_fault(std::string_view text) {
    const bool is_bic =
        (text.size() == 8 || text.size() == 11) && std::ranges::all_of(text, is_upper_or_digit);
    return text.empty() || is_bic ? "" : "must be a BIC of 8 or 11 capitals and digits";
}

std::string find_fault(const Party& party) {
    struct Check {
        const char* name;
        std::string fault;
    };
    const Check checks[] = {
        {"the country", find_country_fault(party.country)},
        {"the scheme of the electronic address", find_scheme_fault(party.electronic_scheme)},
        {"the e-mail", find_email_fault(party.email)},
        {"the IBAN", find_iban_fault(party.iban)},
        {"the BIC", find_bic_fault(party.bic)},
    };
    for (const Check& check : checks) {
        if (!check.fault.empty()) return std::string(check.name) + " " + check.fault;
    }
    if (party.electronic_address.empty() != party.electronic_scheme.empty()) {
        return "an electronic address and its scheme come together";
    }
    return {};
}

}  // namespace invoicing
