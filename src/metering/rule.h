// The metering rule (metering.md): what a session costs. Pure: the same session, plan, zone and
// as-of instant give the same charge, always. Nothing is rounded here but time, up to the plan's
// increment.
#pragma once

#include <optional>
#include <vector>

#include "calendar/zone.h"
#include "metering/charge.h"
#include "metering/plan.h"
#include "metering/session_facts.h"

namespace metering {

/// `as_of` is needed by open sessions alone and ignored by ended ones. The facts have no fault
/// (find_fault); std::invalid_argument otherwise.
[[nodiscard]] Charge rate_session(const SessionFacts& facts, const Plan& plan,
                                  const calendar::Zone& zone,
                                  std::optional<calendar::Instant> as_of);

/// The same charge cut at day starts instead: the days sum to the months.
[[nodiscard]] std::vector<DaySlice> cut_into_days(const Charge& charge, const SessionFacts& facts,
                                                  const Plan& plan, const calendar::Zone& zone);

}  // namespace metering
