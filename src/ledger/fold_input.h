// Inside the ledger: what the fold needs of the books, read for many instances at once: how far
// back new facts reach, the facts from there on, and the sessions that are known.
#pragma once

#include <map>
#include <optional>
#include <string>
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

struct TouchedInstance {
    InstanceName name;
    calendar::Instant earliest;  // when the first of its new facts occurred, gateway's clock
};

struct FoldedSession {
    lifecycle::Session session;
    std::string plan;  // in force when it was loaded; empty: none
};

/// How far back a fold goes, on the gateways' clock: at least to the start of the clock's window
/// (upstream_clock.h). Sessions whose facts all lie before the new
/// ones are final, but for the last of them, whose end may have been inferred: what is seen of it
/// now corrects it. The one before that is derived along with it, so that the tail of its facts is
/// not taken for a session of its own, but is not written.
struct Reach {
    std::optional<calendar::Instant> facts_from = {};     // absent: all of them
    std::optional<calendar::Instant> sessions_from = {};  // by their facts_from
    calendar::Instant touched = {};  // sessions before it are written only where they turn out
                                     // otherwise
};

struct FoldInput {
    InstanceName name;
    Reach reach = {};
    bool is_shared = false;  // others may have the credential (company.h)
    bool is_cut = false;     // there are more facts than were to be read
    std::vector<lifecycle::RecordedFact> facts = {};
    std::map<lifecycle::SessionId, FoldedSession> known = {};
};

/// By how much gateways' clocks may differ from each other, and facts of one event by the time it
/// takes. The upstream's clock has no part in it: reach is measured on the clock that facts have.
constexpr calendar::Duration reach_slack = calendar::Duration::seconds(600);

/// In the order of `touched`. `facts_at_most`: of each, so that many of them are bounded in memory
/// and time; absent: all. Throws std::invalid_argument where a stored fact is none.
std::vector<FoldInput> read_fold_inputs(Work& work, const std::vector<TouchedInstance>& touched,
                                        std::optional<std::size_t> facts_at_most = std::nullopt);
/// All facts and all known sessions, since ever.
FoldInput read_whole_fold_input(Work& work, const InstanceName& name);
/// The known sessions alone.
FoldInput read_known_sessions(Work& work, const InstanceName& name);

/// Facts from rows of (gateway, sequence, body).
std::vector<lifecycle::RecordedFact> read_recorded(const pqxx::result& rows);

/// From now to the end of the transaction, nobody else folds instances of these upstreams and
/// models: two gateways' meters may fold what two accounts saw of one instance.
void hold_instances(Work& work, const std::vector<TouchedInstance>& touched);

}  // namespace ledger
