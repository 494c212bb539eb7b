#include "journal/journal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "journal/format.h"
#include "journal/journal_fixture.h"
#include "journal/segment.h"
#include "platform/clock.h"
#include "support/temporary_directory.h"

namespace journal {
namespace {

using support::SimulatedDisk;

/// Waits for what another thread brings about, at most ten seconds.
template <class Condition>
bool eventually(Condition condition) {
    const std::int64_t end = platform::monotonic_micros() + 10'000'000;
    while (!condition()) {
        if (platform::monotonic_micros() > end) return false;
        std::this_thread::yield();
    }
    return true;
}

/// All that was not released.
std::vector<std::string> read_kept(SimulatedDisk& disk) {
    return read_all(disk, list_segments(disk, "/journal").front() - 1);
}

}  // namespace

TEST(Journal, NumbersRecordsFromOneAndGoesOnAfterAReopen) {
    SimulatedDisk disk;
    {
        const auto journal = open_journal(disk);
        EXPECT_EQ(journal->next_sequence(), 1u);
        EXPECT_EQ(journal->append_and_wait("one"), 1u);
        EXPECT_EQ(journal->append_and_wait("two"), 2u);
        EXPECT_EQ(journal->next_sequence(), 3u);
    }
    const auto journal = open_journal(disk);
    EXPECT_EQ(journal->next_sequence(), 3u);
    EXPECT_EQ(journal->sealed_through(), 2u);
    EXPECT_EQ(journal->append_and_wait("three"), 3u);
    journal->close();
    EXPECT_THAT(read_all(disk), testing::ElementsAre("one", "two", "three"));
}

TEST(Journal, CountsARecordAsGivenBeforeItsTimeIsRead) {
    // Otherwise "all up to now is shipped" could be said while an earlier record is being written.
    struct AskingClock : calendar::Clock {
        const Journal* journal = nullptr;
        mutable std::atomic<Sequence> seen{0};
        calendar::Instant now() const override {
            if (journal) seen = journal->next_sequence();
            return {0};
        }
    } clock;
    SimulatedDisk disk;
    const auto journal = Journal::open(disk, clock, small_options());
    clock.journal = journal.get();
    journal->append_and_wait("one");
    EXPECT_EQ(clock.seen, 2u);
    journal->append_and_wait("two");
    EXPECT_EQ(clock.seen, 3u);
    journal->close();
}

TEST(Journal, ABusyOneDoesNotWaitForRecordsThatNobodySends) {
    SimulatedDisk disk;
    Options options = small_options();
    options.busy_records = 1;
    options.busy_pace = calendar::Duration::seconds(3'600);
    const platform::SystemClock clock;
    const auto journal = Journal::open(disk, clock, options);
    WaitingProducer producer;
    for (const char* record : {"a", "b", "c"}) {
        Batch batch = batch_of({record});
        const std::uint64_t last = journal->submit(producer, batch);
        ASSERT_TRUE(eventually([&] { return producer.durable() == last; }));
    }
    journal->close();  // nor does the end of a busy one wait
    EXPECT_THAT(read_all(disk), testing::ElementsAre("a", "b", "c"));
}

TEST(Journal, TellsTheProducerWhenItsRecordsAreDurable) {
    SimulatedDisk disk;
    const auto journal = open_journal(disk);
    WaitingProducer producer;
    Batch batch = batch_of({"a", "b"});
    EXPECT_EQ(journal->submit(producer, batch), 2u);
    EXPECT_TRUE(batch.empty());
    EXPECT_TRUE(producer.wait_until_durable(*journal, 2));
    batch.add("c");
    EXPECT_EQ(journal->submit(producer, batch), 3u);
    EXPECT_TRUE(producer.wait_until_durable(*journal, 3));
    EXPECT_EQ(journal->submit(producer, batch), 3u);  // empty
    const auto cut = disk.after_power_cut(0, SimulatedDisk::Names::synced_only);
    open_journal(*cut);
    EXPECT_THAT(read_all(*cut), testing::ElementsAre("a", "b", "c"));
    journal->close();
}

TEST(Journal, LosesNothingOfManyProducersAndKeepsTheOrderOfEach) {
    constexpr int producers = 4;
    constexpr int passes = 300;
    SimulatedDisk disk;
    Options options = small_options();
    options.segment_bytes = 64 << 10;
    const auto journal = open_journal(disk, options);
    std::vector<std::unique_ptr<WaitingProducer>> made;
    std::vector<std::thread> threads;
    for (int p = 0; p < producers; ++p) {
        WaitingProducer& producer = *made.emplace_back(std::make_unique<WaitingProducer>());
        threads.emplace_back([&journal, &producer, p] {
            Batch batch;
            std::uint64_t last = 0;
            for (int i = 0; i < passes; ++i) {
                for (int k = 0; k <= i % 3; ++k) {
                    batch.add(std::to_string(p) + ":" + std::to_string(++last));
                }
                ASSERT_EQ(journal->submit(producer, batch), last);
                if (i % 5 == 0) {
                    ASSERT_TRUE(producer.wait_until_durable(*journal, last));
                }
            }
            ASSERT_TRUE(producer.wait_until_durable(*journal, last));
        });
    }
    threads.emplace_back([&journal] {
        for (int i = 0; i < 100; ++i) journal->append_and_wait("9:" + std::to_string(i + 1));
    });
    for (std::thread& thread : threads) thread.join();
    journal->close();
    std::map<std::string, int> seen;
    for (const std::string& payload : read_all(disk)) {
        const std::string who = payload.substr(0, 1);
        EXPECT_EQ(payload, who + ":" + std::to_string(++seen[who]));
    }
    for (int p = 0; p < producers; ++p) EXPECT_EQ(seen[std::to_string(p)], passes * 2);
    EXPECT_EQ(seen["9"], 100);
}

TEST(Journal, SharesACommitAmongManyRecords) {
    SimulatedDisk disk;
    Options options = small_options();
    options.segment_bytes = 1 << 20;
    const auto journal = open_journal(disk, options);
    WaitingProducer producer;
    const int before = disk.syncs();
    Batch batch;
    for (int i = 0; i < 1000; ++i) batch.add("x");
    journal->submit(producer, batch);
    producer.wait_until_durable(*journal, 1000);
    EXPECT_EQ(disk.syncs() - before, 1);
    journal->close();
}

TEST(Journal, CutsAFloodIntoCommitsAndBatchesOfBoundedSize) {
    SimulatedDisk disk;
    Options options = small_options();
    options.segment_bytes = 16 << 20;
    const auto journal = open_journal(disk, options);
    WaitingProducer producer;
    Batch batch;
    for (int i = 0; i < 30'000; ++i) batch.add("x");
    for (int i = 0; i < 9; ++i) batch.add(std::string(max_record_bytes, 'y'));
    journal->submit(producer, batch);
    ASSERT_TRUE(producer.wait_until_durable(*journal, 30'009));
    journal->close();
    Reader reader(disk, "/journal");
    Sequence after = 0;
    while (const auto sealed = reader.next(after)) {
        std::size_t bytes = 0;
        for (const Record& record : sealed->records) bytes += record.payload.size();
        EXPECT_LT(sealed->records.size(), 2 * max_commit_records);
        EXPECT_LT(bytes, 2 * max_commit_bytes);
        after = sealed->last;
    }
    EXPECT_EQ(after, 30'009u);
}

TEST(Journal, RefusesARecordTooLong) {
    Batch batch;
    batch.add(std::string(max_record_bytes, 'x'));
    EXPECT_THROW(batch.add(std::string(max_record_bytes + 1, 'x')), std::length_error);
    SimulatedDisk disk;
    const auto journal = open_journal(disk);
    EXPECT_THROW(journal->append_and_wait(std::string(max_record_bytes + 1, 'x')),
                 std::length_error);
    // One longer than a segment makes a longer segment.
    EXPECT_EQ(journal->append_and_wait(std::string(max_record_bytes, 'x')), 1u);
    EXPECT_EQ(journal->append_and_wait("y"), 2u);
    journal->close();
    EXPECT_EQ(read_all(disk).size(), 2u);
}

TEST(Journal, SealsByItselfWhenTrafficStops) {
    SimulatedDisk disk;
    Options options = small_options();
    options.seal_interval = calendar::Duration::milliseconds(20);
    const auto journal = open_journal(disk, options);
    EXPECT_EQ(journal->append_and_wait("one"), 1u);
    EXPECT_EQ(journal->append_and_wait("two"), 2u);
    EXPECT_TRUE(eventually([&] { return journal->sealed_through() == 2; }));
    const auto cut = disk.after_power_cut(0, SimulatedDisk::Names::synced_only);
    EXPECT_THAT(read_all(*cut), testing::ElementsAre("one", "two"));
    const int syncs = disk.syncs();
    EXPECT_EQ(journal->append_and_wait("three"), 3u);
    EXPECT_TRUE(eventually([&] { return journal->sealed_through() == 3; }));
    EXPECT_LE(disk.syncs() - syncs, 2);
    journal->close();
}

TEST(Journal, IsFullAtTheBacklogLimitUntilReleased) {
    SimulatedDisk disk;
    Options options = small_options();
    options.backlog_limit_bytes = 20'000;
    const auto journal = open_journal(disk, options);
    Sequence last = 0;
    while (journal->state() == State::writing)
        last = journal->append_and_wait(std::string(900, 'x'));
    EXPECT_EQ(journal->state(), State::full);
    EXPECT_GE(journal->backlog_bytes(), 20'000u);
    EXPECT_LT(journal->backlog_bytes(), 21'000u);
    EXPECT_THROW(journal->append_and_wait("y"), std::runtime_error);
    WaitingProducer producer;
    Batch batch = batch_of({"y"});
    EXPECT_EQ(journal->submit(producer, batch), 0u);
    EXPECT_TRUE(batch.empty());

    const std::size_t files = disk.paths().size();
    journal->release(last);
    EXPECT_LT(disk.paths().size(), files);
    EXPECT_EQ(journal->backlog_bytes(), 0u);
    EXPECT_EQ(journal->state(), State::writing);
    EXPECT_EQ(journal->append_and_wait("z"), last + 1);
    journal->close();
    EXPECT_EQ(read_kept(disk).back(), "z");
}

TEST(Journal, KeepsAReserveBeyondTheLimitForEssentialBatches) {
    SimulatedDisk disk;
    Options options = small_options();
    options.backlog_limit_bytes = 20'000;
    options.reserve_bytes = 5'000;
    const auto journal = open_journal(disk, options);
    while (journal->state() == State::writing) journal->append_and_wait(std::string(900, 'x'));
    WaitingProducer producer;
    std::uint64_t taken = 0;
    while (journal->takes_essential()) {
        Batch batch = batch_of({std::string(900, 'e')});
        batch.essential_ = true;
        const std::uint64_t ordinal = journal->submit(producer, batch);
        ASSERT_EQ(ordinal, ++taken);
        EXPECT_FALSE(batch.essential_) << "left as new";
        ASSERT_TRUE(eventually([&] { return producer.durable() == ordinal; }));
        Batch common = batch_of({"y"});
        EXPECT_EQ(journal->submit(producer, common), 0u) << "full for all others";
    }
    EXPECT_GE(taken, 4u);
    EXPECT_LE(taken, 6u);
    Batch batch = batch_of({"e"});
    batch.essential_ = true;
    EXPECT_EQ(journal->submit(producer, batch), 0u) << "bounded, too";
    journal->close();
    EXPECT_EQ(read_kept(disk).back(), std::string(900, 'e'));
}

TEST(Journal, KeepsItsNumbersWhenAllWasReleased) {
    SimulatedDisk disk;
    Sequence last = 0;
    {
        const auto journal = open_journal(disk);
        for (int i = 0; i < 20; ++i) last = journal->append_and_wait(std::string(900, 'x'));
        journal->release(last);
    }
    const auto journal = open_journal(disk);
    EXPECT_EQ(journal->next_sequence(), last + 1);
    EXPECT_EQ(journal->append_and_wait("next"), last + 1);
    journal->close();
}

TEST(Journal, WaitsForSpaceAndThenGoesOn) {
    SimulatedDisk disk;
    const auto journal = open_journal(disk);
    ASSERT_EQ(journal->append_and_wait(std::string(900, 'x')), 1u);
    disk.set_space(4096 * 3 + 100);
    // Handed over without waiting: what is under way when the space ends waits for more of it.
    WaitingProducer producer;
    std::uint64_t taken = 0;
    ASSERT_TRUE(eventually([&] {
        Batch batch = batch_of({std::string(900, 'x')});
        taken = std::max(taken, journal->submit(producer, batch));
        return journal->state() == State::full;
    }));
    EXPECT_EQ(journal->failure(), "");
    disk.set_space(std::nullopt);
    journal->release(1);
    ASSERT_TRUE(eventually([&] { return journal->state() == State::writing; }));
    ASSERT_TRUE(producer.wait_until_durable(*journal, taken));
    EXPECT_EQ(journal->append_and_wait("again"), 1 + taken + 1);
    journal->close();
    EXPECT_EQ(read_kept(disk).back(), "again");
}

TEST(Journal, WithoutSpaceTheSegmentThatIsBeingWrittenIsForEssentialBatches) {
    SimulatedDisk disk;
    Options options = small_options();
    options.segment_bytes = 16'384;
    disk.set_space(16'384 + 100);  // one segment
    const auto journal = open_journal(disk, options);
    journal->append_and_wait("first");
    ASSERT_TRUE(eventually([&] { return journal->state() == State::full; }));
    WaitingProducer producer;
    std::uint64_t taken = 0;
    while (journal->takes_essential() && taken < 1'000) {
        Batch common = batch_of({"y"});
        EXPECT_EQ(journal->submit(producer, common), 0u);
        Batch batch = batch_of({std::string(400, 'e')});
        batch.essential_ = true;
        const std::uint64_t ordinal = journal->submit(producer, batch);
        if (ordinal == 0) break;
        ASSERT_EQ(ordinal, ++taken);
        ASSERT_TRUE(eventually([&] { return producer.durable() == ordinal; }));
    }
    EXPECT_GE(taken, 25u);  // of some 36 that the segment could hold
    EXPECT_LE(taken, 36u);
    journal->close();
    EXPECT_EQ(read_kept(disk).size(), 1 + taken);
    EXPECT_EQ(read_kept(disk).back(), std::string(400, 'e'));
}

TEST(Journal, ASlowDiskAcknowledgesNothingTooEarlyAndLosesNothing) {
    SimulatedDisk disk;
    Options options = small_options();
    options.queue_limit_bytes = 20'000;
    const auto journal = open_journal(disk, options);
    ASSERT_EQ(journal->append_and_wait("before"), 1u);
    disk.hold_syncs(true);
    WaitingProducer producer;
    std::vector<std::string> taken = {"before"};
    while (journal->state() == State::writing && taken.size() < 1'000) {
        const std::string text = std::to_string(taken.size()) + std::string(300, 'x');
        Batch batch = batch_of({text});
        if (journal->submit(producer, batch) != 0) taken.push_back(text);
    }
    EXPECT_EQ(journal->state(), State::full);  // what waits for the disk is bounded
    EXPECT_GT(taken.size(), 20'000u / 400);
    EXPECT_EQ(producer.durable(), 0u);
    EXPECT_LE(journal->sealed_through(), 1u);
    disk.hold_syncs(false);
    ASSERT_TRUE(producer.wait_until_durable(*journal, taken.size() - 1));
    ASSERT_TRUE(eventually([&] { return journal->state() == State::writing; }));
    journal->append_and_wait("after");
    taken.push_back("after");
    journal->close();
    EXPECT_EQ(read_all(disk), taken);
}

TEST(Journal, ClosesThoughNoSpaceIsLeft) {
    SimulatedDisk disk;
    disk.set_space(0);
    const auto journal = open_journal(disk);
    ASSERT_TRUE(eventually([&] { return journal->state() == State::full; }));
    journal->close();
    EXPECT_THAT(read_all(disk), testing::IsEmpty());
}

TEST(Journal, AFailedSyncAcknowledgesNothingAndEndsAllWriting) {
    for (const bool sync : {true, false}) {
        SimulatedDisk disk;
        const auto journal = open_journal(disk);
        WaitingProducer producer;
        Batch batch = batch_of({"good"});
        ASSERT_TRUE(producer.wait_until_durable(*journal, journal->submit(producer, batch)));
        sync ? disk.fail_syncs_from(1) : disk.fail_writes_from(1);
        batch.add("lost");
        EXPECT_EQ(journal->submit(producer, batch), 2u);
        EXPECT_FALSE(producer.wait_until_durable(*journal, 2));
        EXPECT_EQ(producer.durable(), 1u);
        EXPECT_EQ(journal->state(), State::failed);
        EXPECT_THAT(journal->failure(), testing::HasSubstr("/journal/"));
        EXPECT_THROW(journal->append_and_wait("x"), std::runtime_error);
        disk.fail_syncs_from(0);  // the disk recovers, the process must not
        disk.fail_writes_from(0);
        batch.add("late");
        EXPECT_EQ(journal->submit(producer, batch), 0u);
        journal->close();
        EXPECT_EQ(producer.durable(), 1u);
        const auto cut = disk.after_power_cut(0, SimulatedDisk::Names::synced_only);
        const auto again = open_journal(*cut);
        EXPECT_EQ(again->append_and_wait("works again"), 2u);
        again->close();
        EXPECT_THAT(read_all(*cut), testing::ElementsAre("good", "works again"));
    }
}

TEST(Journal, FailureReleasesThreadsThatWait) {
    SimulatedDisk disk;
    const auto journal = open_journal(disk);
    journal->append_and_wait("good");
    disk.fail_syncs_from(3);
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            try {
                for (int i = 0; i < 100; ++i) journal->append_and_wait("x");
            } catch (const std::runtime_error&) {
                ++failed;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failed, 4);
}

TEST(Journal, RefusesASecondWriterByName) {
    const support::TemporaryDirectory directory;
    Options options = small_options();
    options.directory = directory / "journal";
    const auto journal = open_journal(platform::posix_disk(), options);
    try {
        open_journal(platform::posix_disk(), options);
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr(options.directory + "/lock"));
        EXPECT_THAT(error.what(), testing::HasSubstr(std::to_string(::getpid())));
    }
    journal->close();
    EXPECT_TRUE(open_journal(platform::posix_disk(), options));
}

TEST(Journal, RefusesADirectoryItCannotUse) {
    Options options = small_options();
    options.directory = "/proc/journal";
    EXPECT_THROW(open_journal(platform::posix_disk(), options), std::system_error);
}

TEST(Journal, TakesNothingAfterClose) {
    SimulatedDisk disk;
    const auto journal = open_journal(disk);
    WaitingProducer producer;
    Batch batch = batch_of({"kept"});
    EXPECT_EQ(journal->submit(producer, batch), 1u);
    journal->close();
    journal->close();
    EXPECT_EQ(producer.durable(), 1u);
    EXPECT_EQ(journal->sealed_through(), 1u);
    batch.add("late");
    EXPECT_EQ(journal->submit(producer, batch), 0u);
    EXPECT_THROW(journal->append_and_wait("late"), std::runtime_error);
    EXPECT_THAT(read_all(disk), testing::ElementsAre("kept"));
}

}  // namespace journal
