// Inside the ledger: what a session owes per month, by the metering rule, in the shape that rows of
// charges have. No database.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "calendar/zone.h"
#include "lifecycle/session.h"
#include "metering/plan.h"
#include "money/decimal.h"

namespace ledger {

/// What a session owes, or its rows say, for one period under one plan.
struct Owed {
    money::Decimal seconds = {};
    money::Decimal used = {};
    money::Decimal rounding = {};
    money::Decimal minimum = {};
    money::Decimal spin_down = {};
    std::optional<money::Decimal> gb_seconds = {};
    std::optional<money::Decimal> amount = {};
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

/// What the session owes now. An open one owes its finished months once they were asked for: those
/// slices that another follows; nothing without `as_of`.
Owing rate_owing(const lifecycle::Session& session, const lifecycle::AccountId& account,
                 const metering::Plan& plan, const calendar::Zone& zone,
                 std::optional<calendar::Instant> as_of);

/// A place that nothing is owed for any more.
Owed nothing_of(const Owed& before);

/// The fields by name, as a person reads them.
std::vector<std::pair<std::string, std::string>> fields_of(const Owed& owed);
std::string text_of(const std::optional<money::Decimal>& value);

}  // namespace ledger
