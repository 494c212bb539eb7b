// What a session owes, by month and plan: a charge cut into the rows that the ledger keeps. Pure.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>

#include "calendar/zone.h"
#include "metering/plan.h"
#include "metering/session_facts.h"

namespace metering {

/// For one period under one plan: what is owed, or the sum of the rows that say so. Seconds.
struct Owed {
    money::Decimal seconds = {};
    money::Decimal used = {};
    money::Decimal rounding = {};
    money::Decimal minimum = {};
    money::Decimal spin_down = {};  // a part of used
    std::optional<money::Decimal> gb_seconds = {};
    std::optional<money::Decimal> amount = {};  // absent: unpriced
    std::string currency = {};
    std::string status = "free";
    bool estimated = false;
    friend bool operator==(const Owed&, const Owed&) = default;
};

struct Place {
    std::string period;
    std::string plan;
    friend auto operator<=>(const Place&, const Place&) = default;
};

using Owing = std::map<Place, Owed>;

/// By the metering rule. An open session owes its finished months once they were asked for: those
/// slices at `as_of` that another follows; without `as_of`, nothing.
Owing owing_of(const SessionFacts& facts, const Plan& plan, const calendar::Zone& zone,
               std::optional<calendar::Instant> as_of);

/// A place that nothing is owed for any more.
Owed nothing_of(const Owed& before);

}  // namespace metering
