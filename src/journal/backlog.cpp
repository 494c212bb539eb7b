#include "journal/backlog.h"

#include <algorithm>

namespace journal {

Backlog::Backlog(const std::vector<SegmentInfo>& segments)
    : segments_(segments.begin(), segments.end()) {
    for (const SegmentInfo& segment : segments_) total_ += segment.bytes;
    update();
}

void Backlog::add(const Writer::Outcome& outcome, std::size_t records) {
    const std::lock_guard lock(mutex_);
    if (outcome.new_segment) segments_.push_back({outcome.first, outcome.first - 1, 0});
    segments_.back().bytes += outcome.bytes;
    segments_.back().last += records;
    total_ += outcome.bytes;
    update();
}

std::vector<Sequence> Backlog::release(Sequence shipped) {
    const std::lock_guard lock(mutex_);
    shipped_ = std::max(shipped_, shipped);
    std::vector<Sequence> released;
    while (segments_.size() > 1 && segments_.front().last <= shipped_) {
        released.push_back(segments_.front().first);
        total_ -= segments_.front().bytes;
        segments_.pop_front();
    }
    update();
    return released;
}

void Backlog::update() {
    std::uint64_t shipped_share = 0;
    if (!segments_.empty() && shipped_ >= segments_.front().first) {
        const SegmentInfo& front = segments_.front();
        const Sequence records = front.last - front.first + 1;
        const Sequence done = std::min(shipped_ - front.first + 1, records);
        shipped_share = done == records ? front.bytes : front.bytes * done / records;
    }
    bytes_.store(total_ - shipped_share, std::memory_order_relaxed);
}

}  // namespace journal
