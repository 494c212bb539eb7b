// What producers have handed over and the commit thread has not taken yet: one buffer that both
// swap under the journal's lock.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "journal/format.h"

namespace journal {

/// A thread blocked in append_and_wait. Shared, since the thread may give up before its record is
/// written. Under the journal's lock.
struct Waiter {
    enum class Result { pending, durable, failed };
    std::size_t index = 0;  // of its record in the handover
    Result result = Result::pending;
    Sequence sequence = 0;
};

struct Handover {
    struct Mark {
        Producer* producer;
        std::uint64_t ordinal;  // its last record in here
    };

    std::string payloads;
    std::vector<std::uint32_t> lengths;
    std::vector<Mark> marks;  // one a producer
    std::vector<std::shared_ptr<Waiter>> waiters;

    bool empty() const { return lengths.empty(); }
    void add(Producer& producer, const Batch& batch);
    std::shared_ptr<Waiter> add_waiting(std::string_view payload);
    void clear();  // keeps memory, but not that of a flood
};

}  // namespace journal
