// What the journal's tests share: a clock that stands, small segments, all records read back.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "journal/journal.h"
#include "journal/reader.h"
#include "support/simulated_disk.h"

namespace journal {

struct StandingClock : calendar::Clock {
    calendar::Instant now() const override { return {1'700'000'000'000'000}; }
};

inline Options small_options() {
    Options options;
    options.directory = "/journal";
    options.segment_bytes = 4096;
    options.busy_pace = {0};
    options.seal_interval = calendar::Duration::seconds(3600);  // seals only where a test wants one
    return options;
}

inline std::unique_ptr<Journal> open_journal(platform::Disk& disk,
                                             Options options = small_options()) {
    static const StandingClock clock;
    return Journal::open(disk, clock, std::move(options));
}

/// Payloads of all sealed batches; checks that sequences are dense from `after` + 1.
inline std::vector<std::string> read_all(platform::Disk& disk, Sequence after = 0) {
    Reader reader(disk, "/journal");
    std::vector<std::string> payloads;
    while (auto batch = reader.next(after)) {
        EXPECT_EQ(batch->first, after + 1);
        EXPECT_EQ(batch->last - batch->first + 1, batch->records.size());
        for (Record& record : batch->records) {
            EXPECT_EQ(record.sequence, ++after);
            payloads.push_back(std::move(record.payload));
        }
    }
    return payloads;
}

/// A producer whose wake() can be waited for.
class WaitingProducer : public Producer {
  public:
    void wake() override {
        wakes_.fetch_add(1);
        wakes_.notify_all();
    }
    int wakes() const { return wakes_.load(); }
    /// As the proxy's gate does it: arm, look again, sleep. False when the journal failed.
    bool wait_until_durable(const Journal& journal, std::uint64_t ordinal) {
        while (durable() < ordinal) {
            const int seen = wakes();
            arm();
            if (durable() >= ordinal) return true;
            if (journal.state() == State::failed) return false;
            wakes_.wait(seen);
        }
        return true;
    }

  private:
    std::atomic<int> wakes_{0};
};

inline Batch batch_of(std::initializer_list<std::string_view> payloads) {
    Batch batch;
    for (const std::string_view payload : payloads) batch.add(payload);
    return batch;
}

}  // namespace journal
