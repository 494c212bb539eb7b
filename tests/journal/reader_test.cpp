#include "journal/reader.h"

#include <gtest/gtest.h>

#include <thread>

#include "journal/journal_fixture.h"
#include "journal/segment.h"

namespace journal {
namespace {

using support::SimulatedDisk;

std::string failure_after(Reader& reader, Sequence after) {
    try {
        reader.next(after);
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

/// Batches that end at 2, 3, …: each life seals what it wrote.
std::unique_ptr<SimulatedDisk> three_batches() {
    auto disk = std::make_unique<SimulatedDisk>();
    for (const auto& payloads :
         std::vector<std::vector<std::string>>{{"a", "b"}, {"c"}, {"d", "e"}}) {
        const auto journal = open_journal(*disk);
        for (const std::string& payload : payloads) journal->append_and_wait(payload);
    }
    return disk;
}

}  // namespace

TEST(Reader, GivesTheSameBatchesEveryTimeAndFromAnyBoundary) {
    const auto disk = three_batches();
    Reader reader(*disk, "/journal");
    for (int round = 0; round < 2; ++round) {
        const auto first = reader.next(0);
        ASSERT_TRUE(first);
        EXPECT_EQ(first->first, 1u);
        EXPECT_EQ(first->last, 2u);
        EXPECT_EQ(first->records[1].payload, "b");
        EXPECT_EQ(first->records[1].recorded_at.micros, 1'700'000'000'000'000);
        EXPECT_EQ(reader.next(2)->records.at(0).payload, "c");
        EXPECT_EQ(reader.next(3)->last, 5u);
        EXPECT_FALSE(reader.next(5));
        EXPECT_EQ(reader.next(2)->last, 3u);  // sent again after a failure
    }
    Reader other(*disk, "/journal");
    EXPECT_EQ(other.next(3)->records.at(1).payload, "e");
}

TEST(Reader, RefusesWhatIsNotTheEndOfABatch) {
    const auto disk = three_batches();
    Reader reader(*disk, "/journal");
    EXPECT_THAT(failure_after(reader, 1), testing::HasSubstr("record 1"));
    EXPECT_THAT(failure_after(reader, 4), testing::HasSubstr("record 4"));
    EXPECT_EQ(reader.next(3)->last, 5u);
}

TEST(Reader, RefusesAPositionThatTheJournalNeverReached) {
    const auto disk = three_batches();
    Reader reader(*disk, "/journal");
    EXPECT_THAT(failure_after(reader, 6), testing::HasSubstr("only up to 5"));
    SimulatedDisk empty;
    Reader none(empty, "/journal");
    EXPECT_FALSE(none.next(0));
    EXPECT_THAT(failure_after(none, 3), testing::HasSubstr("empty"));
    const auto journal = open_journal(empty);
    Reader beside(empty, "/journal", *journal);
    EXPECT_FALSE(beside.next(0));
    EXPECT_THAT(failure_after(beside, 3), testing::HasSubstr("only up to 0"));
    journal->close();
}

TEST(Reader, SaysWhenWhatFollowsWasReleased) {
    SimulatedDisk disk;
    const auto journal = open_journal(disk);
    for (int i = 0; i < 20; ++i) journal->append_and_wait(std::string(900, 'x'));
    journal->release(12);
    journal->close();
    Reader reader(disk, "/journal");
    EXPECT_THAT(failure_after(reader, 0), testing::HasSubstr("released"));
    EXPECT_EQ(read_all(disk, 12).size(), 8u);
}

TEST(Reader, DoesNotSeeWhatIsNotSealed) {
    SimulatedDisk disk;
    const auto journal = open_journal(disk);
    Reader reader(disk, "/journal", *journal);
    EXPECT_FALSE(reader.next(0));
    journal->append_and_wait("one");
    EXPECT_FALSE(reader.next(0));
    journal->close();
    EXPECT_EQ(reader.next(0)->last, 1u);
    EXPECT_FALSE(reader.next(1));
}

TEST(Reader, EndsABatchWithItsSegment) {
    SimulatedDisk disk;
    const auto journal = open_journal(disk);
    Reader reader(disk, "/journal", *journal);
    for (int i = 0; i < 10; ++i) journal->append_and_wait(std::string(900, 'x'));
    // 4 records fit a segment; the third is not full yet.
    EXPECT_EQ(journal->sealed_through(), 8u);
    EXPECT_EQ(reader.next(0)->last, 4u);
    EXPECT_EQ(reader.next(4)->last, 8u);
    EXPECT_FALSE(reader.next(8));
    journal->close();
    EXPECT_EQ(reader.next(8)->last, 10u);
}

TEST(Reader, FollowsTheWriterWhileItWrites) {
    SimulatedDisk disk;
    Options options = small_options();
    options.seal_interval = calendar::Duration::milliseconds(1);
    const auto journal = open_journal(disk, options);
    constexpr Sequence count = 3'000;
    std::thread writer([&] {
        WaitingProducer producer;
        Batch batch;
        for (Sequence i = 1; i <= count; ++i) {
            batch.add(std::to_string(i) + std::string(i % 50, 'x'));
            const std::uint64_t ordinal = journal->submit(producer, batch);
            if (i % 7 == 0) producer.wait_until_durable(*journal, ordinal);
        }
        journal->close();
    });
    Reader reader(disk, "/journal", *journal);
    Sequence after = 0;
    std::vector<std::pair<Sequence, Sequence>> bounds;
    while (after < count) {
        const auto batch = reader.next(after);
        if (!batch) {
            std::this_thread::yield();
            continue;
        }
        ASSERT_EQ(batch->first, after + 1);
        for (const Record& record : batch->records) {
            ASSERT_EQ(record.sequence, ++after);
            ASSERT_EQ(record.payload, std::to_string(after) + std::string(after % 50, 'x'));
        }
        bounds.emplace_back(batch->first, batch->last);
    }
    writer.join();
    // Read again later, by another reader: the same batches.
    Reader again(disk, "/journal");
    for (const auto& [first, last] : bounds) EXPECT_EQ(again.next(first - 1)->last, last);
}

TEST(Reader, ReportsDamageWithFileAndOffset) {
    const auto disk = three_batches();
    const std::string path = segment_path("/journal", 1);
    std::string bytes = disk->content(path);
    bytes[32 + 48 + 44] = '!';  // payload of the second commit
    disk->set_content(path, bytes);
    Reader reader(*disk, "/journal");
    EXPECT_THAT(failure_after(reader, 0), testing::HasSubstr(path + " at byte 80"));
}

}  // namespace journal
