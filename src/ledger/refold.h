// Inside the ledger: derives the sessions of one instance anew from its facts, as far back as new
// facts can reach, and makes the table agree. What several accounts saw of one instance becomes one
// account's session.
#pragma once

#include <map>
#include <vector>

#include "ledger/fold_input.h"

namespace ledger {

struct Refold {
    lifecycle::AccountId account;
    std::vector<FoldedSession> sessions;          // written; those before the fold's reach left out
    std::vector<lifecycle::SessionId> withdrawn;  // were there and no fact supports them any more
    /// Of those that were known, withdrawn ones too: the runs that were in the table.
    std::map<lifecycle::SessionId, std::uint64_t> runs_before = {};
};

/// The sessions as all of its facts make them, from the beginning of time, by the same fold and the
/// same decision whose an instance is. Reads alone.
std::vector<FoldedSession> derive_sessions(Work& work, const InstanceName& instance);
/// The sessions as the table has them.
std::vector<FoldedSession> list_sessions(Work& work, const InstanceName& instance);

/// Constraints that are deferred may be violated afterwards: the caller checks them.
Refold refold_instance(Work& work, const FoldInput& input);

struct Refolds {
    std::vector<Refold> done;
    /// Places in the input of those that are to be refolded alone, after the others: accounts that
    /// share a credential, instances that another account knows too, sessions that no longer stand,
    /// instances of which not all facts were read.
    std::vector<std::size_t> left;
};

/// The same for many instances in a few statements. Where it throws, or constraints are violated,
/// nothing is known of whose fault it was.
Refolds refold_together(Work& work, const std::vector<FoldInput>& inputs);

}  // namespace ledger
