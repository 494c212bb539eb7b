// Taking an issued invoice back: a document of its own number that says all its amounts with the
// other sign. Pure.
#pragma once

#include <string>

#include "invoicing/draft.h"

namespace invoicing {

/// What takes `original` back: its parties, texts, lines, corrections and sessions, each quantity
/// and amount negated, so that both together are nothing. Without number, instant of issue and
/// chain heads, which come with its own issue. A credit note where the original's total is not
/// negative; else an invoice.
Invoice make_credit_note(const Invoice& original, const std::string& reason, const Digest& digest);

}  // namespace invoicing
