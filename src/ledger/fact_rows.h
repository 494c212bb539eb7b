// From a sealed batch to the rows of `facts`: pure and deterministic, so that a batch sent again is
// the same batch. Runs are folded to one fact per (key, model, minute): the books grow with
// instances, not with requests (design.md, promise 4).
#pragma once

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "journal/reader.h"
#include "lifecycle/fact.h"

namespace ledger {

/// What a fact tells of.
enum class Subject {
    unreadable,
    gateway,   // its start: from here on it has this upstream
    model,     // what the catalogue or the operator says of one; it is no one's
    instance,  // it can change a session of its key's account and model
    runs,      // of an instance
};

/// One fact to be stored. What is not readable as a fact is stored too, as kind `unreadable` with
/// its bytes in hex: nothing that was durable is dropped. Rows of a whole transaction are held: of
/// the fact they keep its text and what it is stored and found by.
struct FactRow {
    std::uint64_t sequence = 0;
    calendar::Instant recorded_at;
    calendar::Instant occurred_at;
    calendar::Instant tells_from;  // the earliest instant that it says something of
    std::string_view kind;         // a name of the program's own
    Subject subject = Subject::unreadable;
    lifecycle::KeyFingerprint key;  // empty: none
    lifecycle::ModelName model;     // empty: none
    std::string body;
};

/// The runs of one key on one model in one minute of one boot.
struct RunGroup {
    std::size_t boot = 0;  // of the boots in the batch: each may have another upstream
    lifecycle::Runs runs;
    // Of the last record in it.
    std::uint64_t sequence = 0;
    calendar::Instant recorded_at;
    calendar::Instant occurred_at;  // the latest of all
    std::string body;               // of the group by itself, once the batch is finished
};

struct ParsedBatch {
    journal::Sequence first = 0;
    journal::Sequence last = 0;
    calendar::Instant recorded_at;  // of the last record
    std::vector<FactRow> rows;      // in order of sequence, without the runs
    std::deque<RunGroup> runs;      // in order of their first records
    std::set<lifecycle::KeyFingerprint> keys;
    /// Those of `keys` that the upstream took: a 2xx was seen.
    std::set<lifecycle::KeyFingerprint> accepted;

    std::size_t records() const { return last - first + 1; }
};

/// Parses sealed batches that follow each other into one.
class BatchParser {
  public:
    /// Takes the batch that follows those before. Returns how many records there are now.
    std::size_t add(journal::SealedBatch batch);
    journal::Sequence last() const { return batch_.last; }
    ParsedBatch finish() &&;

  private:
    /// Looks at texts that the groups own.
    struct GroupName {
        std::size_t boot;
        std::string_view key;
        std::string_view model;
        calendar::Instant minute;
        friend bool operator==(const GroupName&, const GroupName&) = default;
    };
    struct HashOfName {
        std::size_t operator()(const GroupName& name) const;
    };
    void add(journal::Record& record);
    void add_run(const journal::Record& record, const lifecycle::Fact& fact);

    ParsedBatch batch_;
    bool is_empty_ = true;
    std::size_t boot_ = 0;
    std::unordered_map<GroupName, RunGroup*, HashOfName> groups_;
    std::unordered_map<lifecycle::KeyFingerprint, bool> is_accepted_;
};

/// The earliest instant that runs which occurred then say something of: when one of them arrived.
calendar::Instant earliest_of(const lifecycle::Runs& runs, calendar::Instant occurred_at);

ParsedBatch parse_batch(journal::SealedBatch batch);

/// All rows, in order of sequence. A group of runs is one fact with the identity of the last record
/// in it. Runs of keys that `is_known` denies become one fact a boot, without key and model, of
/// their first minute: strangers cannot fill the books.
std::vector<FactRow> fold_runs(
    ParsedBatch batch, const std::function<bool(const lifecycle::KeyFingerprint&)>& is_known);

}  // namespace ledger
