#include "invoicing/credit_note.h"

#include "invoicing/document.h"

namespace invoicing {
namespace {

void negate(std::int64_t& value) {
    value = -value;
}
void negate(money::Decimal& value) {
    value = -value;
}
void negate(money::Amount& value) {
    value = -value;
}
void negate(money::Payable& value) {
    value = -value;
}
template <class Value>
void negate(std::optional<Value>& value) {
    if (value) negate(*value);
}
template <class... Values>
void negate_all(Values&... values) {
    (negate(values), ...);
}

/// A line that takes another one back corrects nothing itself: what the other one said of earlier
/// invoices is on it.
void take_back(Line& line) {
    negate_all(line.instances, line.runs, line.used, line.rounding, line.minimum, line.spin_down,
               line.billable, line.gb_seconds, line.amount, line.payable);
    line.invoiced_before = std::nullopt;
    line.invoiced_on.clear();
    line.reasons.clear();
}

void take_back(SessionEntry& entry) {
    negate_all(entry.runs, entry.used, entry.rounding, entry.minimum, entry.spin_down,
               entry.billable, entry.gb_seconds, entry.amount);
    entry.invoiced_before = {};
    entry.invoiced_on.clear();
    entry.reason.clear();
    entry.evidence.clear();
}

}  // namespace

Invoice make_credit_note(const Invoice& original, const std::string& reason, const Digest& digest) {
    Invoice note = original;
    note.number = std::nullopt;
    note.issued_at = std::nullopt;
    note.due_date.clear();
    note.payment_days = 0;
    note.chain_heads.clear();
    note.kind =
        original.total.value().is_negative() ? DocumentKind::invoice : DocumentKind::credit_note;
    note.voids = original.number.value();
    note.corrects = {note.voids};
    note.reason = reason;
    for (Line& line : note.lines) take_back(line);
    for (SessionEntry& entry : note.sessions) take_back(entry);
    for (Correction& correction : note.corrections) negate(correction.amount);
    for (TaxLine& tax : note.taxes) negate_all(tax.taxable, tax.tax);
    negate_all(note.total_exact, note.net, note.tax, note.total);
    note.digest = digest(canonical_inputs(note));
    return note;
}

}  // namespace invoicing
