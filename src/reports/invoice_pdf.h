// An invoice as a PDF on A4: what is owed and why, a chart of the days, and in an appendix every
// session. Made in process; the text can be selected and searched, in any script that a font is
// installed for.
#pragma once

#include <string>

#include "calendar/zone.h"
#include "invoicing/invoice.h"
#include "reports/pdf_fonts.h"

namespace reports {

/// The document's bytes. The same invoice, zone (the account's) and installed fonts give the same
/// bytes: its dates are the instant of issue, of a draft that up to which it accrues, and nothing
/// in it is random. Throws std::invalid_argument where the invoice's month is none,
/// std::runtime_error where the PDF cannot be made.
std::string invoice_pdf(const invoicing::Invoice& invoice, const calendar::Zone& zone,
                        PdfFonts& fonts);

}  // namespace reports
