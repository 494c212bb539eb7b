// Inside the ledger: whose key acted. Passthrough accounts come into being here, in the transaction
// that ships the first evidence that the upstream takes the key.
#pragma once

#include <set>
#include <unordered_map>

#include "ledger/transaction.h"
#include "lifecycle/ids.h"

namespace ledger {

using Attribution = std::unordered_map<lifecycle::KeyFingerprint, lifecycle::AccountId>;

/// The accounts of those of `keys` that have one, revoked keys included: what they did is theirs.
Attribution find_accounts(Work& work, const std::set<lifecycle::KeyFingerprint>& keys);

/// Makes an account `key-<first 8 hex>` for the key, or finds the one that another gateway has made
/// meanwhile.
lifecycle::AccountId make_passthrough_account(Work& work, const lifecycle::KeyFingerprint& key,
                                              const std::string& currency);

}  // namespace ledger
