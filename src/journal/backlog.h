// Which segments there are and how much of them is not shipped yet. Thread-safe: the writer adds,
// the shipper releases.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <vector>

#include "journal/recovery.h"
#include "journal/writer.h"

namespace journal {

class Backlog {
  public:
    explicit Backlog(const std::vector<SegmentInfo>& segments);

    void add(const Writer::Outcome& outcome, std::size_t records);
    /// Takes the segments wholly shipped off the books, oldest first, but never the last one: its
    /// name carries the sequence numbers on.
    std::vector<Sequence> release(Sequence shipped);
    /// Of commits with unshipped records; of a segment shipped in part, the share of its records.
    std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  private:
    void update();  // under mutex_

    std::atomic<std::uint64_t> bytes_{0};
    std::mutex mutex_;
    std::deque<SegmentInfo> segments_;
    std::uint64_t total_ = 0;  // of segments_
    Sequence shipped_ = 0;
};

}  // namespace journal
