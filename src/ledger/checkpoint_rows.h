// Inside the ledger: checkpoints held against each other and against the facts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/transaction.h"
#include "ledger/verification.h"
#include "proof/checkpoint_check.h"

namespace ledger {

/// Where every chain stands, by gateway and account.
std::vector<proof::NamedHead> list_chain_heads(Work& work);

/// The first invoice (of the month, if one is given) that names a head which its chain does not
/// have: another hash after so many facts. The chains themselves are verified apart.
std::optional<proof::Difference> find_wrong_invoice_head(Work& work,
                                                         const std::optional<std::string>& month);

/// Counts checkpoints into `result`, or sets its difference.
void verify_checkpoints(Work& work, const std::vector<platform::PublicKey>& trusted,
                        Verification& result);

}  // namespace ledger
