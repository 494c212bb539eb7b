// Inside the ledger: the open part of a month.
#pragma once

#include <map>

#include "ledger/focus.h"
#include "ledger/transaction.h"
#include "metering/plan.h"

namespace ledger {

using PlansByName = std::map<std::string, metering::Plan>;
PlansByName read_plans_by_name(Work& work);

/// `accounts`: the ids of the query's, as an array's text. How many charges or sessions without a
/// price were left out.
std::int64_t for_each_open_row(Work& work, const FocusQuery& query, const std::string& accounts,
                               const FocusVisitor& visit);

}  // namespace ledger
