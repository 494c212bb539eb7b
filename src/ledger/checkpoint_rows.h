// Inside the ledger: checkpoints held against each other and against the facts.
#pragma once

#include <vector>

#include "ledger/transaction.h"
#include "ledger/verification.h"
#include "proof/checkpoint_check.h"

namespace ledger {

/// Where every chain stands, by gateway and account.
std::vector<proof::NamedHead> list_chain_heads(Work& work);

/// Whether the chain's fact of that sequence has the head's hash, so that the chain up to it is
/// what it was. The chain itself is verified apart. `subject`: whose head it is.
std::optional<proof::Difference> find_wrong_head(Work& work, const std::string& subject,
                                                 const proof::NamedHead& head);

/// Counts checkpoints into `result`, or sets its difference.
void verify_checkpoints(Work& work, const std::vector<platform::PublicKey>& trusted,
                        Verification& result);

}  // namespace ledger
