// An invoice as one HTML file that needs nothing else: template and style are inside, no script, no
// address to fetch. Prints on A4 as it looks.
#pragma once

#include <string>

#include "invoicing/invoice.h"
#include "reports/invoice_text.h"

namespace reports {

struct PageTemplate {
    std::string html;   // Mustache; what names it may use: reports/README.md
    std::string style;  // CSS
};

/// invoice.html and invoice.css, as get_template finds them.
PageTemplate get_invoice_template(const std::string& folder);

/// Every value is escaped. Throws std::runtime_error when the template is not well-formed.
std::string invoice_page(const invoicing::Invoice& invoice, const ShowInstant& show,
                         const PageTemplate& page);

}  // namespace reports
