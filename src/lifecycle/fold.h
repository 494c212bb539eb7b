// The fold: facts of one account on one model of one upstream become its sessions. Pure, and
// insensitive to the order in which facts are given and to duplicates: it sorts them itself.
#pragma once

#include <span>
#include <vector>

#include "lifecycle/fact.h"
#include "lifecycle/session.h"

namespace lifecycle {

/// `facts`: every fact of this (upstream, account, model), whichever of the account's keys acted,
/// from the start of the earliest session that is to be derived; load, delete, run(s), seen,
/// absent, catalogue and operator facts of the model. Others are ignored. Sessions come ordered by
/// loaded_at; at most the last one is open.
std::vector<Session> fold(const UpstreamId& upstream, std::span<const RecordedFact> facts);

}  // namespace lifecycle
