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
    std::map<std::string, int> revisions;      // the highest, by period
    std::map<std::string, std::string> bases;  // of those revisions, as JSON; empty: not kept
    std::string newest_basis;                  // of all periods
    std::optional<calendar::Instant> as_of;  // finished months were charged by it while it was open
};

/// Sessions without rows are left out.
std::map<SessionName, Charged> read_charged(Work& work, const std::vector<SessionName>& names);

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
};

/// Appends them, all in one statement.
void insert_charges(Work& work, const std::vector<ChargeAddition>& additions);

}  // namespace ledger
