// An invoice for a terminal.
#pragma once

#include <functional>
#include <string>

#include "calendar/zone.h"
#include "invoicing/invoice.h"

namespace reports {

/// How an instant is shown.
using ShowInstant = std::function<std::string(calendar::Instant)>;
/// By the zone's clock, with the offset: 2026-10-05 15:30:00.5 +05:30.
ShowInstant show_in(const calendar::Zone& zone);

/// Every line with the quantities that its amount is made of; the sessions below.
std::string invoice_text(const invoicing::Invoice& invoice, const ShowInstant& show);

}  // namespace reports
