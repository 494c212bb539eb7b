// Inside the ledger: accounts that share a credential of the upstream, so that one's runs reach
// another's instance. Accounts with managed keys all do (the gateway puts one credential in); of
// passthrough accounts, those that were seen to have the same instance.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/fold_input.h"
#include "lifecycle/claim.h"
#include "lifecycle/fold.h"

namespace ledger {

/// What others did, for lifecycle::fold. Owns what lifecycle::Company looks at.
struct InstanceCompany {
    bool is_shared = false;  // there may be others
    std::vector<lifecycle::RecordedFact> guests;
    std::vector<lifecycle::Rival> rivals;
    lifecycle::Company view() const { return {guests, rivals}; }
};

/// Another account's session under the same credential.
struct RivalSession {
    lifecycle::AccountId account;
    lifecycle::Rival rival;
    lifecycle::Claim claim;
};

/// Of partners; `from`: those that have facts since then.
std::vector<RivalSession> list_rivals(Work& work, const InstanceName& instance,
                                      std::optional<calendar::Instant> from);

/// A condition on facts: runs since $4 (null: ever) of guests of account $1's instance of upstream
/// $2 and model $3.
extern const std::string are_guest_runs;

/// `from`: gateway clock; absent: since ever.
InstanceCompany read_company(Work& work, const InstanceName& instance,
                             std::optional<calendar::Instant> from);

/// Whether the session's instance is another account's: its loader's, the first one's of two; where
/// nobody loaded it through a gateway, whose key saw it first.
bool is_of_another(Work& work, const InstanceName& instance, const lifecycle::Session& session);

/// The session's instance is another account's: this account shares it.
void start_sharing(Work& work, const InstanceName& instance, const lifecycle::Session& session);

/// The session's instance is its account's own after all.
void stop_sharing(Work& work, const InstanceName& instance, const lifecycle::Session& session);

/// Marks those to be folded again that had been taken to have the session's instance.
void claim_instance(Work& work, const InstanceName& instance, const lifecycle::Session& session);

/// Marks those to be folded again that share the session's instance: it is withdrawn.
void release_instance(Work& work, const InstanceName& instance, calendar::Instant created);

/// What the account ran and saw in [from, until] is perhaps not of its own sessions: where that is
/// new, those who share its credential are folded again.
void note_guest(Work& work, const InstanceName& instance, calendar::Instant from,
                calendar::Instant until);

/// The account's instances from `from` on began at other instants than was known.
void tell_of_openings(Work& work, const InstanceName& instance, calendar::Instant from);

}  // namespace ledger
