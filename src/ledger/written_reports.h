// Reports of ended months: which are due, and that one was written. Owns when a month is ready;
// what is in a report and where it goes is the caller's.
#pragma once

#include <string>
#include <vector>

#include "calendar/period.h"
#include "ledger/accounts.h"

namespace ledger {

struct DueReport {
    Account account;
    calendar::Month month;
};

/// How many of an account's last months are looked at: who was away longer makes older ones by
/// `tollgate usage`.
inline constexpr int months_looked_back = 3;

/// Months that have ended in the account's zone, since its creation, of which all gateways have
/// shipped everything and everything is in sessions, and whose usage report is not written. By
/// month, then account. An instance that waits for a person holds nothing up. Throws Unavailable,
/// Refused.
std::vector<DueReport> list_due_reports(Store& store, calendar::Instant now);

struct WrittenReport {
    lifecycle::AccountId account;
    calendar::Month month;
    std::vector<std::string> files = {};    // below the reports' directory; none: nothing to report
    std::vector<std::string> digests = {};  // SHA-256 of each, hex
};

enum class Recorded { now, before };

/// Once per account and month: whoever comes second is told so. Throws Unavailable; after
/// CommitInDoubt, record it again.
Recorded record_report(Store& store, const WrittenReport& report, calendar::Instant now);

}  // namespace ledger
