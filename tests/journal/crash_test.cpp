// The journal after a power cut at any byte: what was acknowledged is there, in order, what was not
// is there whole or not at all, and writing goes on.
#include <gtest/gtest.h>

#include "journal/journal_fixture.h"
#include "journal/segment.h"

namespace journal {
namespace {

using support::SimulatedDisk;

const std::string first_segment = "/journal/00000000000000000001.log";

/// Opens, appends one, reads all back.
std::vector<std::string> append_and_read(platform::Disk& disk) {
    const auto journal = open_journal(disk);
    journal->append_and_wait("after");
    journal->close();
    return read_all(disk);
}

/// The same of a journal whose records through `shipped` were released.
std::string append_and_read_after(platform::Disk& disk, Sequence shipped) {
    const auto journal = open_journal(disk);
    EXPECT_EQ(journal->append_and_wait("after"), shipped + 1);
    journal->close();
    const auto payloads = read_all(disk, shipped);
    EXPECT_EQ(payloads.size(), 1u);
    return payloads.back();
}

std::vector<std::string> with_after(std::vector<std::string> payloads) {
    payloads.push_back("after");
    return payloads;
}

/// A disk whose last sync failed: its last commit is written and not synced.
void write_until_sync_fails(SimulatedDisk& disk, const std::vector<std::string>& good, Batch last) {
    const auto journal = open_journal(disk);
    for (const std::string& payload : good) journal->append_and_wait(payload);
    disk.fail_syncs_from(1);
    WaitingProducer producer;
    const std::uint64_t ordinal = journal->submit(producer, last);
    EXPECT_FALSE(producer.wait_until_durable(*journal, ordinal));
    journal->close();
    disk.fail_syncs_from(0);
}

}  // namespace

TEST(Crash, ATornCommitIsDroppedWholeWhereverItIsCut) {
    SimulatedDisk disk;
    write_until_sync_fails(disk, {"one", "two"}, batch_of({"torn a", "torn b"}));
    const std::size_t written = disk.largest_unsynced();
    ASSERT_GT(written, 40u);
    for (std::size_t kept = 0; kept <= written; ++kept) {
        const auto cut = disk.after_power_cut(kept, SimulatedDisk::Names::synced_only);
        const auto payloads = append_and_read(*cut);
        // Padding is no part of it: the commit is whole once its last record is.
        const std::size_t needed = 40 + 2 * 4 + 12;
        if (kept < needed) {
            EXPECT_THAT(payloads, testing::ElementsAre("one", "two", "after")) << kept;
        } else {
            EXPECT_THAT(payloads, testing::ElementsAre("one", "two", "torn a", "torn b", "after"))
                << kept;
        }
    }
}

TEST(Crash, ASegmentBegunIsThereWholeOrNotAtAll) {
    SimulatedDisk disk;
    const std::string filler(3'900, 'x');
    write_until_sync_fails(disk, {filler}, batch_of({std::string(500, 'y')}));
    const std::vector<std::string> expected = {filler, "after"};
    for (const auto names : {SimulatedDisk::Names::synced_only, SimulatedDisk::Names::all}) {
        for (std::size_t kept = 0; kept <= disk.largest_unsynced(); kept += 7) {
            const auto cut = disk.after_power_cut(kept, names);
            EXPECT_EQ(append_and_read(*cut), expected) << kept;
        }
    }
}

TEST(Crash, NamesThatWereNotSyncedMayBeThereOrNot) {
    SimulatedDisk disk;
    const auto journal = open_journal(disk);
    std::vector<std::string> acknowledged;
    for (int i = 0; i < 30; ++i) {
        acknowledged.push_back(std::to_string(i) + std::string(700, 'x'));
        journal->append_and_wait(acknowledged.back());
        for (const auto names : {SimulatedDisk::Names::synced_only, SimulatedDisk::Names::all}) {
            const auto cut = disk.after_power_cut(0, names);
            EXPECT_EQ(append_and_read(*cut), with_after(acknowledged)) << i;
        }
    }
    journal->close();
}

TEST(Crash, AJournalCutAtAnyByteHoldsAPrefixAndGoesOn) {
    SimulatedDisk disk;
    {
        const auto journal = open_journal(disk);
        for (const char* payload : {"one", "two", "three"}) journal->append_and_wait(payload);
    }
    const std::string whole = disk.content(first_segment);
    const std::vector<std::string> all = {"one", "two", "three"};
    // Without its first commit a segment would not have its name: that is damage (recovery_test).
    for (std::size_t at = 32 + 40 + 4 + 3; at <= 300; ++at) {
        std::string cut = whole;
        std::fill(cut.begin() + static_cast<std::ptrdiff_t>(at), cut.end(), '\0');
        for (const bool short_file : {false, true}) {
            disk.set_content(first_segment, short_file ? cut.substr(0, at) : cut);
            const auto payloads = append_and_read(disk);
            ASSERT_GE(payloads.size(), 2u);
            ASSERT_LE(payloads.size(), 4u);
            for (std::size_t i = 0; i + 1 < payloads.size(); ++i) EXPECT_EQ(payloads[i], all[i]);
            EXPECT_EQ(payloads.back(), "after");
        }
    }
}

TEST(Crash, SegmentsCutOrGarbledAtAnyByteLoseNothingInSilence) {
    Options options = small_options();
    options.segment_bytes = 1024;
    SimulatedDisk disk;
    std::vector<std::string> all;
    {
        const auto journal = open_journal(disk, options);
        for (int i = 0; i < 12; ++i) {
            all.push_back(std::to_string(i) + std::string(150, 'x'));
            journal->append_and_wait(all.back());
        }
    }
    const std::vector<Sequence> firsts = list_segments(disk, "/journal");
    ASSERT_GE(firsts.size(), 3u);
    std::size_t mended = 0;
    for (const Sequence first : firsts) {
        const std::string path = segment_path("/journal", first);
        const std::string whole = disk.content(path);
        const std::size_t used = whole.find_last_not_of('\0') + 1;
        for (std::size_t at = 0; at < used; ++at) {
            for (const char noise : {'\0', '\xa5'}) {
                std::string cut = whole;
                for (std::size_t i = at; i < used; ++i) {
                    cut[i] = noise == '\0' ? '\0' : static_cast<char>(cut[i] ^ noise);
                }
                const auto left = disk.after_kill();
                left->set_content(path, cut);
                std::size_t kept = all.size();
                try {
                    const auto journal = open_journal(*left, options);
                    kept = journal->next_sequence() - 1;
                    journal->append_and_wait("after");
                    journal->close();
                } catch (const std::runtime_error& error) {
                    EXPECT_THAT(error.what(), testing::HasSubstr("damaged")) << first << " " << at;
                    continue;
                }
                ++mended;
                EXPECT_TRUE(first == firsts.back() || kept == all.size()) << first << " " << at;
                std::vector<std::string> expected(all.begin(),
                                                  all.begin() + static_cast<std::ptrdiff_t>(kept));
                EXPECT_GE(kept, firsts.back()) << at;
                EXPECT_EQ(read_all(*left), with_after(expected)) << first << " " << at;
            }
        }
    }
    EXPECT_GT(mended, 100u);
}

TEST(Crash, AReleaseInterruptedAnywhereLeavesNoGap) {
    SimulatedDisk disk;
    const auto journal = open_journal(disk);
    Sequence last = 0;
    for (int i = 0; i < 30; ++i) last = journal->append_and_wait(std::string(700, 'x'));
    for (Sequence shipped = 1; shipped <= last; ++shipped) {
        journal->release(shipped);
        for (const auto names : {SimulatedDisk::Names::synced_only, SimulatedDisk::Names::all}) {
            const auto cut = disk.after_power_cut(0, names);
            const auto again = open_journal(*cut);
            EXPECT_EQ(again->next_sequence(), last + 1);
            again->close();
            EXPECT_EQ(read_all(*cut, list_segments(*cut, "/journal").back() - 1).empty(), false);
        }
    }
    journal->close();
}

TEST(Crash, ACommitWhoseSyncFailedIsWrittenAgainBeforeItCounts) {
    SimulatedDisk disk;
    write_until_sync_fails(disk, {"one"}, batch_of({"doubtful"}));
    // Killed, not cut: the bytes are in memory only. The next start takes them, so it must also
    // have put them on the disk.
    const auto killed = disk.after_kill();
    {
        const auto journal = open_journal(*killed);
        EXPECT_EQ(journal->next_sequence(), 3u);
        const auto cut = killed->after_power_cut(0, SimulatedDisk::Names::synced_only);
        open_journal(*cut)->close();
        EXPECT_THAT(read_all(*cut), testing::ElementsAre("one", "doubtful"));
    }
}

TEST(Crash, ASegmentThatCouldNotBeRemovedLeavesNoGapBehindIt) {
    using enum SimulatedDisk::Operation;
    for (const auto operation : {remove, sync_directory}) {
        for (int nth = 1; nth <= 3; ++nth) {
            SimulatedDisk disk;
            const auto journal = open_journal(disk);
            Sequence last = 0;
            for (int i = 0; i < 40; ++i) last = journal->append_and_wait(std::string(700, 'x'));
            // Let the thread that prepares the next segment come to rest: only releases fail.
            journal->close();
            const auto again = open_journal(disk);
            disk.fail_once(operation, nth);
            EXPECT_THROW(again->release(last / 2), std::system_error);
            const auto cut = disk.after_power_cut(0, SimulatedDisk::Names::synced_only);
            EXPECT_EQ(open_journal(*cut)->next_sequence(), last + 1);
            again->release(last);  // the next batch's
            EXPECT_EQ(list_segments(disk, "/journal").size(), 1u);
            again->close();
            EXPECT_EQ(append_and_read_after(disk, last), "after");
        }
    }
}

TEST(Crash, ASegmentWhoseNameWasNotSyncedIsSyncedBeforeItTakesMore) {
    SimulatedDisk disk;
    {
        const auto journal = open_journal(disk);
        journal->append_and_wait(std::string(3'900, 'x'));
        const auto before = list_segments(disk, "/journal").size();
        disk.fail_once(SimulatedDisk::Operation::sync_directory);
        EXPECT_THROW(journal->append_and_wait(std::string(500, 'y')), std::runtime_error);
        EXPECT_EQ(list_segments(disk, "/journal").size(), before + 1);
        journal->close();
    }
    const auto killed = disk.after_kill();
    const auto journal = open_journal(*killed);
    const Sequence acknowledged = journal->append_and_wait("two");
    EXPECT_EQ(acknowledged, 3u);
    const auto cut = killed->after_power_cut(0, SimulatedDisk::Names::synced_only);
    EXPECT_EQ(open_journal(*cut)->next_sequence(), acknowledged + 1);
    journal->close();
}

TEST(Crash, OneFailureOfAnyKindEndsAllWritingThoughTheDiskRecovers) {
    using enum SimulatedDisk::Operation;
    for (const auto operation : {write, sync, rename, sync_directory}) {
        for (const auto error : {std::errc::io_error, std::errc::no_space_on_device,
                                 std::errc::read_only_file_system}) {
            SimulatedDisk disk;
            const auto journal = open_journal(disk);
            journal->append_and_wait("good");
            disk.fail_once(operation, 1, error);
            // A record of a new segment, so that each operation takes place.
            EXPECT_THROW(journal->append_and_wait(std::string(3'950, 'x')), std::runtime_error);
            EXPECT_EQ(journal->state(), State::failed);
            const int syncs = disk.syncs();
            EXPECT_THROW(journal->append_and_wait("late"), std::runtime_error);
            journal->close();
            EXPECT_EQ(disk.syncs(), syncs);
            const auto cut = disk.after_power_cut(0, SimulatedDisk::Names::synced_only);
            EXPECT_THAT(append_and_read(*cut), testing::ElementsAre("good", "after"));
        }
    }
}

}  // namespace journal
