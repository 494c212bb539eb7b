// Inside the ledger: the open part of an account's month.
#pragma once

#include <map>

#include "ledger/focus.h"
#include "ledger/transaction.h"
#include "metering/plan.h"

namespace ledger {

using PlansByName = std::map<std::string, metering::Plan>;
PlansByName read_plans_by_name(Work& work);

/// How many charges or sessions without a price were left out.
std::int64_t for_each_open_row(Work& work, const FocusQuery& query, const Account& account,
                               const PlansByName& plans, const FocusVisitor& visit);

}  // namespace ledger
