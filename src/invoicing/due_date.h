// When an invoice is to be paid.
#pragma once

#include <string>

#include "calendar/zone.h"
#include "invoicing/invoice.h"

namespace invoicing {

/// The day of issue in `zone` and payment_days more: "2026-11-15". Empty: a draft, a credit note,
/// or no days are stated.
inline std::string due_date_of(const Invoice& invoice, const calendar::Zone& zone) {
    if (!invoice.issued_at || invoice.payment_days == 0) return {};
    if (invoice.kind == DocumentKind::credit_note) return {};
    const calendar::Day issued = zone.day_at(*invoice.issued_at);
    return to_text(calendar::day_from_epoch(days_from_epoch(issued) + invoice.payment_days));
}

}  // namespace invoicing
