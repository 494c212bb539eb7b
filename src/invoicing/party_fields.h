// Inside invoicing: the fields of a party that documents have where they are not empty, by key, for
// the writer and the reader of documents.
#pragma once

#include <utility>

#include "invoicing/party.h"

namespace invoicing {

inline constexpr std::pair<const char*, std::string Party::*> later_party_fields[] = {
    {"city", &Party::city},
    {"postal_code", &Party::postal_code},
    {"registration_id", &Party::registration_id},
    {"electronic_address", &Party::electronic_address},
    {"electronic_scheme", &Party::electronic_scheme},
    {"email", &Party::email},
    {"iban", &Party::iban},
    {"bic", &Party::bic},
};

}  // namespace invoicing
