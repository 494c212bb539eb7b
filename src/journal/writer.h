// Puts commits into segments: one write and one sync each, the next segment when one is full. Owned
// by the journal's commit thread; knows nothing of producers.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "journal/format.h"
#include "journal/preparer.h"
#include "journal/recovery.h"

namespace journal {

class Writer {
  public:
    Writer(platform::Disk& disk, std::string directory, std::uint64_t segment_bytes,
           const Recovered& recovered);

    /// What a commit changed.
    struct Outcome {
        Sequence first = 0;        // of its records
        bool new_segment = false;  // it is the first of one; the batch before it ended there
        std::uint64_t bytes = 0;   // its size in the file, with the segment's header if new
    };

    /// Returns when the records are on disk. `records` are at most max_commit_records and
    /// max_commit_bytes; none: a seal alone, which finds room in the segment it seals. Throws
    /// std::system_error: then nothing may be written any more.
    Outcome commit(const RecordsView& records, Seal seal, calendar::Instant recorded_at);

    Sequence next() const { return next_; }
    /// Bytes left in the segment that is being written, whose space nobody else can take. Any
    /// thread.
    std::uint64_t room() const { return room_.load(std::memory_order_relaxed); }
    Preparer& preparer() { return preparer_; }
    const Preparer& preparer() const { return preparer_; }

  private:
    void commit_in_new_segment(CommitHeader header, const RecordsView& records);

    platform::Disk& disk_;
    const std::string directory_;
    const std::uint64_t segment_bytes_;
    Preparer preparer_;

    std::unique_ptr<platform::File> file_;  // absent until the journal's first commit
    std::uint32_t salt_ = 0;
    std::uint64_t offset_ = 0;
    std::atomic<std::uint64_t> room_{0};
    Sequence next_ = 1;
    std::string frame_;  // kept for its memory
};

}  // namespace journal
