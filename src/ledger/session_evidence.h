// What a session rests on, for whoever explains or checks it: its facts as they are stored, those
// of others that kept it warm, and who shared it. Reading only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ledger/queries.h"
#include "lifecycle/fact.h"

namespace ledger {

struct EvidenceFact {
    lifecycle::RecordedFact recorded;
    bool by_guest = false;  // a run of another account's key
};

struct InstanceSharer {
    std::string account_name;
    lifecycle::KeyFingerprint key;
};

struct SessionEvidence {
    /// From the session's first fact to its last: also those in between that turned out not to
    /// matter (refused loads), and what was learned of the model's GB.
    std::vector<EvidenceFact> facts;
    std::vector<InstanceSharer> sharers;
    std::map<lifecycle::KeyFingerprint, std::string> account_names;  // of the facts' keys
};

SessionEvidence read_evidence(Store& store, const SessionRecord& session);

/// Other accounts whose keys see the session's instance.
std::vector<InstanceSharer> list_sharers(Store& store, const SessionRecord& session);

}  // namespace ledger
