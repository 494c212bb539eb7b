// Holds a bill's lines against our sessions, one to one, and says where they differ. Pure, and the
// same whatever the order of either side.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "reconciling/bill.h"

namespace reconciling {

/// A session, priced: what a line of the bill should say.
struct OurSession {
    std::string id;
    std::string account;
    std::string model;
    std::optional<calendar::Instant> created;
    calendar::Instant loaded;
    std::optional<calendar::Instant> gone;   // absent: it goes on, or nobody saw
    std::optional<calendar::Instant> start;  // metered from; absent: it is free
    std::optional<calendar::Instant> end;    // metered to; of an open one, as of now
    bool is_open = false;
    bool is_estimated = false;
    money::Decimal seconds;  // used
    money::Decimal billed_seconds;
    std::optional<money::Decimal> amount;  // absent: unpriced
};

/// A field in which a line and its session disagree.
struct Difference {
    std::string field;  // created, start, end, seconds, billed_seconds, amount
    std::string theirs;
    std::string ours;
    std::string by;  // theirs − ours, in seconds or in money; empty where one side is unknown
};

struct Match {
    std::size_t line = 0;  // indices
    std::size_t session = 0;
    std::vector<Difference> differences;
};

struct Sums {
    std::uint64_t count = 0;
    money::Decimal seconds;  // used
    money::Decimal billed_seconds;
    money::Decimal amount;
};

struct Reconciliation {
    std::vector<BillLine> lines;
    std::vector<OurSession> sessions;  // by start, id
    std::vector<Match> matches;        // by the line's number, as are the next
    std::vector<std::size_t> only_theirs;
    std::vector<std::size_t> only_ours;  // those that cost something
    Sums theirs;
    Sums ours;  // of the sessions that are matched or only ours

    bool agrees() const;
};

/// More pairs of lines and sessions of one model that overlap than are weighed against each other.
class TooManyPairs : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};
constexpr std::size_t pairs_limit = 5'000'000;

/// Instants and seconds that differ by no more than `tolerance` are equal. Amounts are equal where
/// ours, exact, is theirs in the digits that theirs has.
///
/// Which belong together: a line and a session of one model that overlap (tolerance included), or
/// name the same instance, by the session's id or by `created`. Best pairs first: the same id, the
/// same `created`, the same account; then those whose starts and ends lie nearest. A session of
/// ours is missing from the bill where it overlaps the bill's time and costs something.
Reconciliation reconcile(std::vector<BillLine> lines, std::vector<OurSession> sessions,
                         calendar::Duration tolerance);

}  // namespace reconciling
