// A charge cut into months or days, each with its share of the parts: what a row of usage or of a
// live preview shows. The parts of the slices sum to the charge's.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "calendar/zone.h"
#include "metering/charge.h"

namespace invoicing {

struct SliceParts {
    std::string period;       // "2026-10" or "2026-10-05"
    calendar::Instant start;  // of what is billed in this period
    calendar::Instant end;
    calendar::Duration billable;
    calendar::Duration used;
    calendar::Duration rounding;
    calendar::Duration minimum;
    calendar::Duration spin_down;
    std::optional<money::Decimal> gb_seconds;
    std::optional<money::Amount> amount;
};

/// Rounding and minimum are the last slice's (metering.md, rule 5); spin-down is the end of the
/// used time, so it is the last slices'. `slices` are those of `charge` in `zone`, by month or day.
template <class Period>
std::vector<SliceParts> split(const metering::Charge& charge,
                              const std::vector<metering::Slice<Period>>& slices,
                              const calendar::Zone& zone) {
    std::vector<SliceParts> result(slices.size());
    calendar::Duration spin_down = charge.spin_down;
    for (std::size_t i = slices.size(); i-- > 0;) {
        const auto& slice = slices[i];
        const bool is_last = i + 1 == slices.size();
        SliceParts& parts = result[i];
        parts.period = calendar::to_text(slice.period);
        parts.start = std::max(*charge.start, zone.start_of(slice.period));
        parts.end = is_last ? *charge.end : zone.start_of(slices[i + 1].period);
        parts.billable = slice.billable;
        parts.rounding = is_last ? charge.rounding : calendar::Duration{};
        parts.minimum = is_last ? charge.minimum : calendar::Duration{};
        parts.used = slice.billable - parts.rounding - parts.minimum;
        parts.spin_down = std::min(spin_down, parts.used);
        parts.gb_seconds = slice.gb_seconds;
        parts.amount = slice.amount;
        spin_down = spin_down - parts.spin_down;
    }
    return result;
}

}  // namespace invoicing
