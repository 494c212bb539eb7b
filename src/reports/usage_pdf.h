// A month's usage as a PDF on A4: the sums, and a row of each part of each account. Made as
// invoices are.
#pragma once

#include <string>

#include "reports/pdf_fonts.h"
#include "reports/usage_page.h"

namespace reports {

/// The document's bytes. The same usage, head and installed fonts give the same bytes: its date is
/// the instant up to which it counts. Throws std::runtime_error where the PDF cannot be made.
std::string usage_pdf(const invoicing::Usage& usage, const UsageHead& head, PdfFonts& fonts);

}  // namespace reports
