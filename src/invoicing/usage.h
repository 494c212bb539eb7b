// What a month has brought so far, summed. Owns the grouping; rates nothing, rounds nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "calendar/instant.h"
#include "lifecycle/ids.h"
#include "money/currency.h"
#include "money/decimal.h"

namespace invoicing {

/// What a row is of: always of one account, and of one model, key or day of it.
enum class UsageBy { model, account, key, day };

/// Sums. Seconds, GB-seconds and the amount are exact.
struct UsageSums {
    std::int64_t sessions = 0;           // metered ones; one that spans two days is in both rows
    std::int64_t open_sessions = 0;      // of them, those that still run
    std::int64_t unpriced_sessions = 0;  // of them, those whose model's GB is not known
    std::int64_t inferences = 0;         // a session's are counted where it starts
    money::Decimal used = {};
    money::Decimal rounding = {};
    money::Decimal minimum = {};
    money::Decimal spin_down = {};
    money::Decimal billable = {};
    money::Decimal gb_seconds = {};  // of priced sessions
    money::Decimal amount = {};      // the same
};

/// One session's part of one month or day.
struct UsageEntry {
    lifecycle::AccountId account_id = {};
    std::string account = {};
    std::string timezone = {};
    lifecycle::SessionId session = {};
    lifecycle::ModelName model = {};
    lifecycle::KeyFingerprint key = {};
    std::string day = {};  // "2026-10-05", where days are asked for
    bool open = false;
    std::int64_t inferences = 0;
    money::Decimal used = {};
    money::Decimal rounding = {};
    money::Decimal minimum = {};
    money::Decimal spin_down = {};
    money::Decimal billable = {};
    std::optional<money::Decimal> gb_seconds = {};
    std::optional<money::Decimal> amount = {};
};

struct UsageRow {
    lifecycle::AccountId account_id = {};
    std::string account = {};
    std::string timezone = {};
    std::string part = {};  // the model, key or day; empty: the account whole
    UsageSums sums = {};
};

struct Usage {
    UsageBy by = UsageBy::model;
    std::string month = {};
    std::optional<std::string> timezone = {};  // absent: the accounts' zones differ
    money::Currency currency;
    calendar::Instant as_of = {};
    std::vector<UsageRow> rows = {};  // by account, then part
    UsageSums total = {};
};

/// Entries in, sums out. All entries of one session come one after the other.
class UsageTally {
  public:
    UsageTally(UsageBy by, std::string month, money::Currency currency, calendar::Instant as_of);
    void add(const UsageEntry& entry);
    /// Sums that are known already, of sessions that no entry is of.
    void add(const UsageRow& row);
    Usage finish();

  private:
    struct Slot {
        UsageRow row;
        lifecycle::SessionId newest;
    };
    static void add_to(UsageSums& sums, const UsageEntry& entry, bool is_new);

    Usage usage_;
    std::map<std::tuple<std::string, std::string>, Slot> slots_;
    lifecycle::SessionId newest_;
};

}  // namespace invoicing
