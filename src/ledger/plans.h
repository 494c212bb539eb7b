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

/// What the upstream charges us for loads from an instant on.
struct CostPlan {
    std::string plan;
    std::string document;
    calendar::Instant effective_from;
    calendar::Instant assigned_at;
};

enum class PlanAdded { added, was_there };

// All throw Unavailable, and Refused with a sentence.
/// Refused: not a plan (metering.md), or another plan of that name is there.
PlanAdded add_plan(Store& store, const std::string& document);
std::vector<StoredPlan> list_plans(Store& store);
std::vector<PlanAssignment> list_plan_assignments(Store& store);
/// By effective instant; of one instant the last added counts.
std::vector<CostPlan> list_cost_plans(Store& store);
/// Refused: there is no such plan.
std::string get_plan_document(Store& store, const std::string& plan);

/// Loads from `from` on are metered by the plan; sessions already loaded since are rated anew.
/// Refused: no such account or plan, or the plan's currency is not the account's.
void assign_plan(Store& store, const std::string& account, const std::string& plan,
                 calendar::Instant from);
/// The upstream's price for loads from `from` on; absent: from the beginning of time. Any currency.
/// Refused: no such plan.
void set_cost_plan(Store& store, const std::string& plan, std::optional<calendar::Instant> from);
/// The plan of accounts without an assignment. The first one holds from the beginning of time; a
/// change from `now` on. Nothing happens where it is the default already.
void set_default_plan(Store& store, const std::string& plan, calendar::Instant now);

}  // namespace ledger
