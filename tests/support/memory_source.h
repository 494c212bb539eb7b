// A journal in memory: hands out what was sealed, remembers what was released.
#pragma once

#include <deque>
#include <mutex>

#include "ledger/batch_source.h"
#include "lifecycle/fact_json.h"

namespace support {

class MemorySource : public ledger::BatchSource {
  public:
    /// Seals the facts as one batch, each recorded a millisecond after it occurred.
    void seal(const std::vector<lifecycle::Fact>& facts) {
        std::vector<journal::Record> records;
        for (const lifecycle::Fact& fact : facts) {
            records.push_back({0, fact.occurred_at + calendar::Duration::milliseconds(1),
                               lifecycle::to_json(fact)});
        }
        seal_records(std::move(records));
    }
    void seal_records(std::vector<journal::Record> records) {
        const std::lock_guard lock(mutex_);
        journal::SealedBatch batch;
        batch.first = next_;
        for (journal::Record& record : records) record.sequence = next_++;
        batch.last = next_ - 1;
        batch.records = std::move(records);
        batches_.push_back(std::move(batch));
    }
    std::optional<journal::SealedBatch> next(journal::Sequence after) override {
        const std::lock_guard lock(mutex_);
        for (const journal::SealedBatch& batch : batches_) {
            if (batch.first == after + 1) return batch;
        }
        return std::nullopt;
    }
    void release(journal::Sequence shipped) override {
        const std::lock_guard lock(mutex_);
        released_ = shipped;
    }
    journal::Sequence next_sequence() const override {
        const std::lock_guard lock(mutex_);
        return next_;
    }
    journal::Sequence released() const {
        const std::lock_guard lock(mutex_);
        return released_;
    }

  private:
    mutable std::mutex mutex_;
    std::deque<journal::SealedBatch> batches_;
    journal::Sequence next_ = 1;
    journal::Sequence released_ = 0;
};

}  // namespace support
