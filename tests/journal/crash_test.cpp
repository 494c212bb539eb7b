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

}  // namespace journal
