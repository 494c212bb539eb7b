// Turns a handover into commits: cuts it at the size limits and decides which commit seals a batch.
// Owned by the commit thread.
#pragma once

#include "journal/backlog.h"
#include "journal/handover.h"
#include "journal/writer.h"
#include "platform/metrics.h"

namespace journal {

class Committer {
  public:
    Committer(Writer& writer, Backlog& backlog, const calendar::Clock& clock,
              calendar::Duration seal_interval, Sequence sealed_through);

    /// Returns when all of it is on disk.
    void commit(const Handover& handover);
    /// Closes the batch begun, if there is one.
    void seal();

    bool has_unsealed() const { return batch_records_ > 0; }
    /// On the monotonic clock: a batch is sealed once it is this late.
    std::int64_t seal_due() const { return last_seal_ + seal_interval_.micros; }
    /// The last record that is sealed and durable.
    Sequence sealed_through() const { return sealed_through_; }

  private:
    void commit(const RecordsView& records);
    Writer::Outcome write(const RecordsView& records, Seal seal);

    // Constant after construction.
    Writer& writer_;
    Backlog& backlog_;
    const calendar::Clock& clock_;
    const calendar::Duration seal_interval_;
    platform::Counter& records_;
    platform::Counter& bytes_;
    platform::Histogram& commit_times_;

    std::size_t batch_records_ = 0;  // unsealed
    std::size_t batch_bytes_ = 0;
    std::int64_t last_seal_ = 0;
    Sequence sealed_through_;
};

}  // namespace journal
