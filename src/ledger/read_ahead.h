// What waits in the journal, parsed, a transaction's worth at a time; while one is posted, the next
// can be read and parsed on a thread of its own: both cost about the same. Owns that thread. The
// source is touched by one thread at a time: by that one, or by the owner after `settle`.
#pragma once

#include <future>
#include <optional>

#include "ledger/batch_source.h"
#include "ledger/fact_rows.h"

namespace ledger {

class ReadAhead {
  public:
    /// `enough_records` end a transaction; its last batch may bring 10,000 more (journal/reader.h).
    ReadAhead(BatchSource& source, std::size_t enough_records)
        : source_(source), enough_records_(enough_records) {}

    /// What follows `after`; absent: nothing is sealed. Throws as BatchSource::next.
    std::optional<ParsedBatch> take(journal::Sequence after);
    /// Begins to read what follows the batch, if as much waits as fills it.
    void prepare_after(const ParsedBatch& batch);
    /// Waits until nobody reads.
    void settle() const;
    /// Forgets what was read ahead.
    void drop() { prepared_ = {}; }

  private:
    // Constant after construction.
    BatchSource& source_;
    const std::size_t enough_records_;

    // Owned by the owner's thread.
    journal::Sequence prepared_after_ = 0;
    std::future<std::optional<ParsedBatch>> prepared_;  // its destructor waits
};

}  // namespace ledger
