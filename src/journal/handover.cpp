#include "journal/handover.h"

#include <algorithm>

namespace journal {

void Handover::add(Producer& producer, const Batch& batch) {
    payloads += batch.bytes_;
    lengths.insert(lengths.end(), batch.lengths_.begin(), batch.lengths_.end());
    const auto mark = std::find_if(marks.begin(), marks.end(), [&](const Mark& candidate) {
        return candidate.producer == &producer;
    });
    if (mark == marks.end()) {
        marks.push_back({&producer, producer.submitted_});
    } else {
        mark->ordinal = producer.submitted_;
    }
}

std::shared_ptr<Waiter> Handover::add_waiting(std::string_view payload) {
    auto waiter = std::make_shared<Waiter>();
    waiter->index = lengths.size();
    payloads += payload;
    lengths.push_back(static_cast<std::uint32_t>(payload.size()));
    waiters.push_back(waiter);
    return waiter;
}

void Handover::clear() {
    constexpr std::size_t keep = 4u << 20;
    payloads.clear();
    if (payloads.capacity() > keep) payloads.shrink_to_fit();
    lengths.clear();
    marks.clear();
    waiters.clear();
}

}  // namespace journal
