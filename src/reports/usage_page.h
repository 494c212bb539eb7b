// A month's usage as one HTML file that needs nothing else, and prints on A4 as it looks.
#pragma once

#include <string>

#include "invoicing/usage.h"
#include "reports/invoice_page.h"

namespace reports {

/// What a report says beside the sums.
struct UsageHead {
    std::string issuer = {};
    std::string account = {};  // the name of the only one; empty: of several
};

/// "model", "account", "key" or "day".
std::string name_of(invoicing::UsageBy by);

/// usage.html, and invoice.css with usage.css behind it, as get_template finds them.
PageTemplate get_usage_template(const std::string& folder);

/// Every value is escaped. Throws std::runtime_error when the template is not well-formed.
std::string usage_page(const invoicing::Usage& usage, const UsageHead& head,
                       const PageTemplate& page);

}  // namespace reports
