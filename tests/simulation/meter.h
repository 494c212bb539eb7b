// From the simulated database to the auditor's Books: the product's fold and metering rule over the
// facts of each account and model. What the ledger's meter does in SQL (an instance that another
// account loaded is not this one's) is done here by hand.
#pragma once

#include "metering/plan.h"
#include "metering/rule.h"
#include "simulation/simulated_ledger.h"

namespace simulation {

/// The metering rule, or one with a planted bug.
using Rate = std::function<metering::Charge(const metering::SessionFacts&, const metering::Plan&,
                                            const calendar::Zone&, calendar::Instant as_of)>;

Books make_books(const SimulatedLedger& ledger, const metering::Plan& plan, const Rate& rate,
                 calendar::Instant as_of);

}  // namespace simulation
