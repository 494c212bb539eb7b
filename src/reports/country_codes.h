// Which two letters are a country, for documents that other programs check against the list.
#pragma once

#include <string_view>

namespace reports {

/// An officially assigned code of ISO 3166-1 alpha-2, or XI, which EN 16931 has for Northern
/// Ireland.
bool is_country_code(std::string_view text);

/// A VAT id as EN 16931 wants one (BR-CO-09): the country's code, or Greece's EL, and more.
bool has_country_prefix(std::string_view vat_id);

}  // namespace reports
