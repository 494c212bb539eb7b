// Inside the ledger: which plan was in force when, for many accounts at once, and the plans
// themselves.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/transaction.h"
#include "lifecycle/ids.h"
#include "metering/plan.h"

namespace ledger {

/// The assignments as this transaction sees them.
class PlansInForce {
  public:
    PlansInForce(Work& work, const std::set<lifecycle::AccountId>& accounts);
    /// The latest of the account's own assignments, else of the default's; empty: none.
    std::string find(const lifecycle::AccountId& account, calendar::Instant loaded_at) const;

  private:
    struct Assignment {
        calendar::Instant effective_from;
        std::string plan;
    };
    using Assignments = std::vector<Assignment>;  // the later wins
    static const Assignment* find_last(const Assignments& assignments, calendar::Instant at);

    std::map<lifecycle::AccountId, Assignments> assigned_;
    Assignments defaults_;
};

/// Plans by name, read and parsed once: a plan's document never changes.
class PlanBook {
  public:
    const metering::Plan& get(Work& work, const std::string& name);

  private:
    std::map<std::string, metering::Plan> plans_;
};

}  // namespace ledger
