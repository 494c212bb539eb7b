// Inside the ledger: what each account's month has come to, kept as charges are added, so that a
// report does not read them. Whoever adds charges tells it of every difference in the same
// transaction; verification recomputes it.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "invoicing/usage.h"
#include "ledger/accounts.h"
#include "ledger/transaction.h"
#include "lifecycle/ids.h"
#include "metering/owing.h"
#include "proof/difference.h"

namespace ledger {

/// A row's name, in the order in which rows are locked.
struct MonthSumName {
    std::string period;
    lifecycle::AccountId account;
    lifecycle::ModelName model;  // storable: two that are stored as one are one row
    lifecycle::UpstreamId upstream;
    std::string plan;
    std::string currency;
    friend auto operator<=>(const MonthSumName&, const MonthSumName&) = default;
};

/// Differences to add to the rows.
class MonthSumChanges {
  public:
    /// A session owed `before` and owes `now`: either may be nothing (metering::nothing_of).
    void add(const MonthSumName& name, const metering::Owed& now, const metering::Owed& before);
    /// Runs of sessions whose first month it is.
    void add_runs(const MonthSumName& name, std::int64_t change);
    /// `runs` more that the rows of a session tell of; `entries`: 1 where its rows come to
    /// something now and did not before, −1 the other way.
    void add_entry(const MonthSumName& name, int entries, std::int64_t runs);
    void write(Work& work) const;

  private:
    struct Change {
        std::int64_t sessions = 0;
        std::int64_t unpriced = 0;
        std::int64_t runs = 0;
        std::int64_t entries = 0;
        std::int64_t charged_runs = 0;
        metering::Owed sums = {};
    };
    std::map<MonthSumName, Change> changes_;
};

/// Whether something is owed: what was charged back is not.
bool is_owed(const metering::Owed& owed);

/// Whether an invoice lists a session whose rows sum to this, and tell of so many runs.
bool is_entry(const metering::Owed& owed, std::int64_t runs);

/// By account and, with UsageBy::model, model; without what open sessions have been charged for
/// already, whose live parts the caller adds. `account`: of one alone.
std::vector<invoicing::UsageRow> read_month_sums(
    Work& work, const std::string& period, invoicing::UsageBy by,
    const std::optional<lifecycle::AccountId>& account);

/// Where a row first differs from what the charges say. `period`: of that month alone.
std::optional<proof::Difference> find_wrong_month_sum(Work& work,
                                                      const std::optional<std::string>& period);

}  // namespace ledger
