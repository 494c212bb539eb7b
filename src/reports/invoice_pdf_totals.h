// What an invoice's PDF says beneath its lines: what they come to, the taxes, and how it is paid.
#pragma once

#include "invoicing/invoice.h"
#include "reports/pdf_document.h"

namespace reports {

/// Whether there is anything to say of taxes: one that is not out of scope, or that has a text.
bool has_taxes(const invoicing::Invoice& invoice);

/// The payment at the left, the sums at the right; together on one page. Of what is not owed no
/// payment is asked.
void draw_totals(PdfDocument& document, const invoicing::Invoice& invoice);

}  // namespace reports
