// From a sealed batch to the rows of `facts`: pure and deterministic, so that a batch sent again is
// the same batch. Runs are folded to one fact per (key, model, minute): the books grow with
// instances, not with requests (design.md, promise 4).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "journal/reader.h"
#include "lifecycle/fact.h"

namespace ledger {

/// One fact to be stored. What is not readable as a fact is stored too, as kind `unreadable` with
/// its bytes in hex: nothing that was durable is dropped.
struct FactRow {
    std::uint64_t sequence = 0;
    calendar::Instant recorded_at;
    calendar::Instant occurred_at;
    std::string kind;
    lifecycle::KeyFingerprint key;  // empty: none
    lifecycle::ModelName model;     // empty: none
    std::string body;
    std::optional<lifecycle::FactBody> fact;  // absent: unreadable
};

struct ParsedBatch {
    std::vector<FactRow> rows;  // in order of sequence, runs not yet folded
    std::set<lifecycle::KeyFingerprint> keys;
    /// Those of `keys` that the upstream took: a 2xx was seen.
    std::set<lifecycle::KeyFingerprint> accepted;
};

ParsedBatch parse_batch(const journal::SealedBatch& batch);

/// Folds the runs among the rows. The fact of a group takes the identity of the last row in it.
/// Runs of keys that `is_known` denies become one fact without key and model, of their first
/// minute: strangers cannot fill the books.
std::vector<FactRow> fold_runs(
    std::vector<FactRow> rows,
    const std::function<bool(const lifecycle::KeyFingerprint&)>& is_known);

/// Whether the fact can change a session of its key's account and model.
bool concerns_instance(const lifecycle::FactBody& fact);

}  // namespace ledger
