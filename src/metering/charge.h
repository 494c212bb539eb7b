// A charge: what the metering rule says of one session. Recomputable by hand from what it holds.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "calendar/instant.h"
#include "calendar/period.h"
#include "money/amount.h"
#include "money/decimal.h"

namespace metering {

enum class Status {
    open,      // running, or not metered yet
    free,      // ended without being metered
    unpriced,  // metered, but the model's GB are not known
    rated,
};
std::string_view to_text(Status status);

/// The part of a charge that falls into one period of the zone.
template <class Period>
struct Slice {
    Period period;
    calendar::Duration billable;
    std::optional<money::Decimal> gb_seconds;  // absent where unpriced, as is the amount
    std::optional<money::Amount> amount;
};
using MonthSlice = Slice<calendar::Month>;
using DaySlice = Slice<calendar::Day>;

/// used + rounding + minimum = billable, and the slices sum to the whole: always.
struct Charge {
    std::optional<calendar::Instant> start;  // absent: not metered
    std::optional<calendar::Instant> end;
    calendar::Duration used;
    calendar::Duration minimum;
    calendar::Duration rounding;
    calendar::Duration spin_down;  // a part of used
    calendar::Duration billable;
    bool estimated = false;
    std::optional<money::Decimal> gb_seconds;
    std::optional<money::Amount> amount;
    Status status = Status::open;
    std::vector<MonthSlice> slices;
};

/// A length of time in seconds, exact: 60.000001.
money::Decimal to_seconds(calendar::Duration duration);

}  // namespace metering
