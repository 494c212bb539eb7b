// What the operator puts on an account by hand, as an invoice shows it.
#pragma once

#include <cstdint>
#include <string>

#include "calendar/instant.h"
#include "invoicing/tax.h"
#include "money/amount.h"

namespace invoicing {

/// Signed: negative is a credit. Whole minor units, so nothing is rounded.
struct Correction {
    std::int64_t sequence = 0;   // of the account, from 1
    std::string reference = {};  // the operator's own name for it, once per account
    money::Payable amount;
    std::string author = {};
    std::string reason = {};
    calendar::Instant entered_at = {};
    std::string hash = {};  // binds it to the account's entry before it; lower-case hex
    TaxTerms tax = {};      // of the account when it was invoiced
};

}  // namespace invoicing
