// An issued invoice as a row of a list.
#pragma once

#include <string>

#include "calendar/instant.h"
#include "invoicing/invoice.h"
#include "money/amount.h"

namespace invoicing {

struct Summary {
    std::string number;
    std::string account;  // its name when the invoice was issued
    std::string month;
    calendar::Instant issued_at;
    money::Payable total;
    money::Amount total_exact;
    std::string digest;
    DocumentKind kind = DocumentKind::invoice;
};

}  // namespace invoicing
