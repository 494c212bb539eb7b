// The cost of each day of a month as bars.
#pragma once

#include <string>

#include "reports/daily_cost.h"
#include "reports/pdf_document.h"

namespace reports {

struct DayChart {
    const DailyCost& cost;
    std::string currency = {};
    std::string timezone = {};
};

/// Whole on one page: the document's present one, or the next where it has no room. A day below
/// zero has no bar.
void draw_chart(PdfDocument& document, const DayChart& chart);

}  // namespace reports
