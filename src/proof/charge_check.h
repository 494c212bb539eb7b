// What a session owes by the rule, held against the sums of the rows that charge it. Pure.
#pragma once

#include <optional>
#include <string>

#include "lifecycle/ids.h"
#include "metering/owing.h"
#include "proof/difference.h"

namespace proof {

/// The first difference by period and plan. `month`: only there.
std::optional<Difference> compare_charges(const lifecycle::AccountId& account,
                                          const lifecycle::SessionId& session,
                                          const metering::Owing& expected,
                                          const metering::Owing& found,
                                          const std::optional<std::string>& month = {});

/// Charges of a session that no fact supports must have been taken back. `seconds`, `amount`: the
/// sums of the place's rows.
std::optional<Difference> check_charge_without_session(const lifecycle::AccountId& account,
                                                       const lifecycle::SessionId& session,
                                                       const metering::Place& place,
                                                       const money::Decimal& seconds,
                                                       const money::Decimal& amount);

}  // namespace proof
