// An issued invoice as a row of a list.
#pragma once

#include <string>
#include <string_view>

#include "calendar/instant.h"
#include "invoicing/invoice.h"
#include "money/amount.h"

namespace invoicing {

struct Summary {
    std::string number;
    std::string account;  // its name when the invoice was issued
    std::string month;
    calendar::Instant issued_at;
    money::Payable total;  // net + tax
    money::Amount total_exact;
    std::string digest;
    DocumentKind kind = DocumentKind::invoice;
    money::Payable paid;         // as the operator recorded it
    std::string voided_by = {};  // the document that took it back; empty: it stands
    std::string voids = {};      // what it takes back itself
    money::Payable net;
    money::Payable tax;

    /// "void", "settled" (a document that takes another one back, and what that was), "paid",
    /// "part paid", "open".
    std::string_view state() const {
        if (!voided_by.empty()) return "void";
        if (!voids.empty()) return "settled";
        if (paid == total) return "paid";
        return paid.value().is_zero() ? "open" : "part paid";
    }
};

}  // namespace invoicing
