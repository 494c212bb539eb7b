// Inside the ledger: the rows of charges of many sessions at once: what they add up to, and new
// rows. Decides nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/charge_basis.h"
#include "ledger/transaction.h"
#include "lifecycle/ids.h"
#include "metering/owing.h"

namespace ledger {

using SessionName = std::pair<lifecycle::AccountId, lifecycle::SessionId>;

/// The rows that a session has.
struct Charged {
    lifecycle::UpstreamId upstream;  // empty: there are none
    lifecycle::ModelName model;
    metering::Owing sums;
    std::map<metering::Place, std::int64_t> runs_of;  // that its rows tell of
    std::map<std::string, int> revisions;             // the highest, by period
    std::map<std::string, std::string> bases;  // of those revisions, as JSON; empty: not kept
    std::string newest_basis;                  // of all periods
    std::optional<calendar::Instant> as_of;  // finished months were charged by it while it was open
    std::int64_t runs = 0;                   // that its rows tell of
};

/// Sessions without rows are left out.
std::map<SessionName, Charged> read_charged(Work& work, const std::vector<SessionName>& names);

/// What of its session a row keeps: the session may be found to have been otherwise later.
struct ChargeSnapshot {
    lifecycle::KeyFingerprint key;  // empty: no session is left
    std::string gb;                 // as the catalogue prints it; empty: not known
    std::int64_t concurrency = 1;
    std::optional<calendar::Instant> starts_at;  // of what is billed in the period
    std::optional<calendar::Instant> ends_at;
};

/// A row to be, as the difference of two sums.
struct ChargeAddition {
    SessionName name;
    lifecycle::UpstreamId upstream;
    lifecycle::ModelName model;
    metering::Place place;
    int revision = 1;
    metering::Owed now;
    metering::Owed before;
    std::optional<calendar::Instant> as_of;
    std::string basis;
    std::optional<std::string> reason;  // absent: the session's first row
    std::optional<std::string> evidence;
    std::int64_t runs = 0;  // that no earlier row tells of
    ChargeSnapshot snapshot;
};

/// Appends them to the open batches of their accounts and periods.
void insert_charges(Work& work, const std::vector<ChargeAddition>& additions);

}  // namespace ledger
