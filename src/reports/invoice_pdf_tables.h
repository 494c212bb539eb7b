// The tables of an invoice's PDF: its lines, and the sessions behind them.
#pragma once

#include "invoicing/invoice.h"
#include "reports/invoice_text.h"
#include "reports/pdf_table.h"

namespace reports {

/// Lines in their order, then corrections; beneath each, quieter, what it is made of.
PdfTable lines_table(const invoicing::Invoice& invoice, const ShowInstant& show);

/// Every session, in groups that are the lines.
PdfTable sessions_table(const invoicing::Invoice& invoice, const ShowInstant& show);

}  // namespace reports
