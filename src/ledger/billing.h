// To whom an account's invoices go and what tax they bear at present. An invoice keeps what held
// when it was issued.
#pragma once

#include <functional>
#include <string>

#include "invoicing/party.h"
#include "invoicing/tax.h"
#include "ledger/store.h"

namespace ledger {

struct Billing {
    invoicing::Party party = {};  // without address, IBAN and BIC; no name: the account's is taken
    invoicing::TaxTerms tax = {};
};

// Accounts are named by id or name. Both throw Unavailable, and Refused where there is no such
// account.

/// Of an account that nothing was set of: nothing, outside the scope of tax.
Billing get_billing(Store& store, const std::string& account);

/// Appends what `change` makes of the present data, and returns it. Throws Refused also for what
/// find_fault finds in the party or the terms, for a text that is no storable UTF-8 or longer than
/// 200 bytes, and for reverse charge without a VAT id.
Billing change_billing(Store& store, const std::string& account,
                       const std::function<void(Billing&)>& change);

}  // namespace ledger
