#include "ledger/read_ahead.h"

#include <atomic>

#include "support/fact_builders.h"
#include "support/memory_source.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;

const calendar::Instant noon = at("2026-10-05T12:00:00Z");

/// Counts what is read of it, refuses a batch while told to, and notices two readers at once.
class WatchedSource : public MemorySource {
  public:
    std::optional<journal::SealedBatch> next(journal::Sequence after) override {
        if (readers.fetch_add(1) != 0) crowded = true;
        ++reads;
        struct Leave {
            std::atomic<int>& readers;
            ~Leave() { --readers; }
        } leave{readers};
        if (after == damaged_after) throw std::runtime_error("damaged");
        return MemorySource::next(after);
    }
    std::atomic<journal::Sequence> damaged_after{~journal::Sequence{0}};
    std::atomic<int> reads{0};
    std::atomic<int> readers{0};
    std::atomic<bool> crowded{false};
};

class ReadAheadTest : public testing::Test {
  protected:
    /// Batches of one record each.
    void seal(int count) {
        for (int i = 0; i < count; ++i) source_.seal({loaded(noon + Duration::seconds(i))});
    }
    WatchedSource source_;
};

TEST_F(ReadAheadTest, JoinsBatchesUpToItsLimitAndNoFurther) {
    seal(5);
    ReadAhead waiting(source_, 2);
    const auto batch = waiting.take(0);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->first, 1u);
    EXPECT_EQ(batch->last, 2u);
    EXPECT_EQ(batch->recorded_at, noon + Duration::milliseconds(1'001));
    EXPECT_EQ(waiting.take(4)->last, 5u);
    EXPECT_FALSE(waiting.take(5));
}

TEST_F(ReadAheadTest, HandsOutWhatItReadWithoutReadingItAgain) {
    seal(4);
    ReadAhead waiting(source_, 2);
    const auto first = waiting.take(0);
    waiting.prepare_after(*first);
    waiting.settle();
    const int reads = source_.reads;
    const auto second = waiting.take(2);
    EXPECT_EQ(second->first, 3u);
    EXPECT_EQ(second->last, 4u);
    EXPECT_EQ(source_.reads, reads);
    EXPECT_FALSE(source_.crowded);
}

TEST_F(ReadAheadTest, ReadsNothingAheadWhereNoBacklogIs) {
    seal(1);
    ReadAhead waiting(source_, 2);
    const auto batch = waiting.take(0);
    const int reads = source_.reads;
    waiting.prepare_after(*batch);
    waiting.settle();
    EXPECT_EQ(source_.reads, reads);
}

TEST_F(ReadAheadTest, ReadsAgainWhereTheMarkIsElsewhere) {
    seal(6);
    ReadAhead waiting(source_, 2);
    waiting.prepare_after(*waiting.take(0));
    EXPECT_EQ(waiting.take(1)->first, 2u);  // and throws away what follows 2
    EXPECT_EQ(waiting.take(2)->first, 3u);
    EXPECT_FALSE(source_.crowded);
}

TEST_F(ReadAheadTest, DamageThatIsReadAheadIsSaidInItsTurnAndTriedAgain) {
    seal(4);
    source_.damaged_after = 2;
    ReadAhead waiting(source_, 2);
    const auto first = waiting.take(0);
    EXPECT_EQ(first->last, 2u);
    waiting.prepare_after(*first);
    EXPECT_THROW(waiting.take(2), std::runtime_error);
    EXPECT_THROW(waiting.take(2), std::runtime_error);
    source_.damaged_after = 99;
    EXPECT_EQ(waiting.take(2)->last, 4u);
}

TEST_F(ReadAheadTest, WhatIsSealedAfterItLookedIsReadNextTime) {
    seal(2);
    ReadAhead waiting(source_, 2);
    waiting.prepare_after(*waiting.take(0));
    waiting.settle();
    seal(1);
    EXPECT_FALSE(waiting.take(2));  // it looked before
    EXPECT_EQ(waiting.take(2)->last, 3u);
}

}  // namespace
}  // namespace ledger
