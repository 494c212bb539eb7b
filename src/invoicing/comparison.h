// A month's sessions priced twice: by their own plans, and by others: a draft, or what the upstream
// charges. Owns the grouping and the sums; rates nothing, rounds nothing. Amounts of different
// currencies are never added: each pair of currencies has its own row and its own total.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "calendar/instant.h"
#include "money/currency.h"
#include "money/decimal.h"

namespace invoicing {

/// One price of a session's part of the month.
struct Price {
    money::Currency currency;
    std::optional<money::Decimal> amount = {};  // absent: unpriced, the model's GB is not known
};

/// Sums of prices in one currency.
struct PriceSum {
    std::optional<money::Currency> currency = {};  // absent: no plan priced these sessions
    money::Decimal amount = {};                    // exact
    std::int64_t unpriced = 0;                     // sessions without a price, so not in the amount
};

struct ComparisonRow {
    std::string part = {};  // the account's or model's name; empty in a total
    std::int64_t sessions = 0;
    PriceSum first = {};
    PriceSum second = {};

    /// Whether a difference has a meaning: both are of one currency.
    bool is_comparable() const;
};

enum class ComparisonBy { account, model };

struct Comparison {
    ComparisonBy by = ComparisonBy::account;
    std::string month = {};
    calendar::Instant as_of = {};
    std::vector<ComparisonRow> rows = {};    // by part, then currencies
    std::vector<ComparisonRow> totals = {};  // one for each pair of currencies
};

/// Sessions in, sums out: memory grows with the rows, not with the sessions.
class ComparisonTally {
  public:
    ComparisonTally(ComparisonBy by, std::string month, calendar::Instant as_of);

    /// One session's part of the month; a price is absent where no plan was in force.
    void add(const std::string& part, const std::optional<Price>& first,
             const std::optional<Price>& second);
    Comparison finish();

  private:
    using Key = std::tuple<std::string, std::string, std::string>;  // part and currencies
    Comparison comparison_;
    std::map<Key, ComparisonRow> rows_;
    std::map<Key, ComparisonRow> totals_;
};

}  // namespace invoicing
