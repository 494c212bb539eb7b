// The fold: facts of one account on one model of one upstream become its sessions. Pure, and
// insensitive to the order in which facts are given and to duplicates: it sorts them itself.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "lifecycle/fact.h"
#include "lifecycle/session.h"

namespace lifecycle {

/// A session of another account that shares the credential. One whose `created` this account's
/// facts know as well is the same instance: that is for the caller to decide.
struct Rival {
    calendar::Instant loaded_at;
    std::optional<calendar::Instant> created;
    /// Of one that was loaded and whose account never saw its instance: when the load was sent.
    /// What this account found that was created then, and not after ended_at, is that instance.
    std::optional<calendar::Instant> sent_at = {};
    std::optional<calendar::Instant> ended_at = {};
};

/// When the load was sent that names the session, on the upstream's clock, which is `shift` from
/// the gateway's. Absent: the load's answer is not among the facts.
std::optional<calendar::Instant> find_sent_at(const SessionId& session, calendar::Duration shift,
                                              std::span<const RecordedFact> facts);

struct Company {
    std::span<const RecordedFact> guests;  // facts of other accounts; their runs count
    std::span<const Rival> rivals;
};

/// `facts`: every fact of this (upstream, account, model), whichever of the account's keys acted,
/// from the start of the earliest session that is to be derived; load, delete, run(s), seen,
/// absent, catalogue and operator facts of the model. Others are ignored. Sessions come ordered by
/// loaded_at, do not overlap, and at most the last one is open; loaded ≤ running ≤ ended in each.
///
/// More facts sharpen a session and keep its id: a load's session is named by its gateway and call,
/// a discovered one by (upstream, model, created). They may also show that there was none (a load
/// that the upstream answered 200 while its instance ran on) or another one (a discovered instance
/// whose load turns up): a stored session that a later fold does not return no longer stands.
///
/// How it works: evidence.h takes the wire's details off, openings.h says which instances began and
/// by which load, life.h weighs the evidence of each (api-semantics.md, "Session").
///
/// `company`: what else happened under the same credential of the upstream, where accounts share
/// one. A run belongs to whichever account's instance began last before it, so runs of others keep
/// this account's instance warm (Session::kept_warm_by), and another's load ends it.
std::vector<Session> fold(const UpstreamId& upstream, std::span<const RecordedFact> facts,
                          const Company& company = {});

}  // namespace lifecycle
