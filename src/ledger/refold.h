// Inside the ledger: derives the sessions of one instance anew from its facts, as far back as new
// facts can reach, and makes the table agree. What several accounts saw of one instance becomes one
// account's session.
#pragma once

#include <vector>

#include "ledger/transaction.h"
#include "lifecycle/fact.h"
#include "lifecycle/session.h"

namespace ledger {

/// What one account runs under one name on one upstream: the unit of folding.
struct InstanceName {
    lifecycle::AccountId account;
    lifecycle::UpstreamId upstream;
    lifecycle::ModelName model;
};

struct FoldedSession {
    lifecycle::Session session;
    std::string plan;  // in force when it was loaded; empty: none
};

struct Refold {
    std::vector<FoldedSession> sessions;          // written; those before the fold's reach left out
    std::vector<lifecycle::SessionId> withdrawn;  // were there and no fact supports them any more
};

/// Facts from rows of (gateway, sequence, body).
std::vector<lifecycle::RecordedFact> read_recorded(const pqxx::result& rows);

/// The sessions as all of its facts make them, from the beginning of time, by the same fold and the
/// same decision whose an instance is. Reads alone.
std::vector<FoldedSession> derive_sessions(Work& work, const InstanceName& instance);
/// The sessions as the table has them.
std::vector<FoldedSession> list_sessions(Work& work, const InstanceName& instance);

/// `earliest`: when the first of the new facts occurred, by its gateway's clock. Constraints that
/// are deferred may be violated afterwards: the caller checks them.
Refold refold_instance(Work& work, const InstanceName& instance, calendar::Instant earliest);

}  // namespace ledger
