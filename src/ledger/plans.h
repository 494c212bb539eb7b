// Plans and who has which, from when on. A plan's name is its version and its document never
// changes; an assignment is never changed either: a later one with the same instant counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "calendar/instant.h"
#include "ledger/store.h"
#include "lifecycle/ids.h"

namespace ledger {

struct StoredPlan {
    std::string name;
    std::string document;  // JSON, as metering reads it
    calendar::Instant added_at;
};

struct PlanAssignment {
    std::string account;  // empty: the default of accounts without one
    std::string plan;
    calendar::Instant effective_from;
    calendar::Instant assigned_at;
};

enum class PlanAdded { added, was_there };

// All throw Unavailable, and Refused with a sentence.
/// Refused: not a plan (metering.md), or another plan of that name is there.
PlanAdded add_plan(Store& store, const std::string& document);
std::vector<StoredPlan> list_plans(Store& store);
std::vector<PlanAssignment> list_plan_assignments(Store& store);

/// Loads from `from` on are metered by the plan; sessions already loaded since are rated anew.
/// Refused: no such account or plan, or the plan's currency is not the account's.
void assign_plan(Store& store, const std::string& account, const std::string& plan,
                 calendar::Instant from);
/// The plan of accounts without an assignment. The first one holds from the beginning of time; a
/// change from `now` on. Nothing happens where it is the default already.
void set_default_plan(Store& store, const std::string& plan, calendar::Instant now);

}  // namespace ledger
