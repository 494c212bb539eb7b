#include "journal/recovery.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

#include "journal/journal_fixture.h"

namespace journal {
namespace {

/// Three commits of one record each, sealed by the close.
std::unique_ptr<support::SimulatedDisk> three_records() {
    auto disk = std::make_unique<support::SimulatedDisk>();
    const auto journal = open_journal(*disk);
    for (const char* payload : {"one", "two", "three"}) journal->append_and_wait(payload);
    journal->close();
    return disk;
}

const std::string first_segment = "/journal/00000000000000000001.log";

std::string failure_of(support::SimulatedDisk& disk) {
    try {
        open_journal(disk);
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

}  // namespace

TEST(Recovery, DecidesByTheTable) {
    struct Row {
        Place place;
        Commits commits;
        Rest rest;
        TailAction action;
    };
    using enum TailAction;
    const Row rows[] = {
        {Place::earlier, Commits::none, Rest::zeros, report_damage},
        {Place::earlier, Commits::none, Rest::damaged, report_damage},
        {Place::earlier, Commits::none, Rest::damaged_before_commit, report_damage},
        {Place::earlier, Commits::some, Rest::zeros, go_on},
        {Place::earlier, Commits::some, Rest::damaged, report_damage},
        {Place::earlier, Commits::some, Rest::damaged_before_commit, report_damage},
        {Place::last, Commits::none, Rest::zeros, report_damage},
        {Place::last, Commits::none, Rest::damaged, report_damage},
        {Place::last, Commits::none, Rest::damaged_before_commit, report_damage},
        {Place::last, Commits::some, Rest::zeros, go_on},
        {Place::last, Commits::some, Rest::damaged, drop_torn},
        {Place::last, Commits::some, Rest::damaged_before_commit, report_damage},
    };
    std::set<std::tuple<Place, Commits, Rest>> combinations;
    for (const Row& row : rows) {
        combinations.emplace(row.place, row.commits, row.rest);
        EXPECT_EQ(decide_tail(row.place, row.commits, row.rest), row.action)
            << static_cast<int>(row.place) << static_cast<int>(row.commits)
            << static_cast<int>(row.rest);
    }
    EXPECT_EQ(combinations.size(), 2u * 2u * 3u);
}

TEST(Recovery, FindsDamageBeforeALaterCommitAtEveryByte) {
    const auto disk = three_records();
    const std::string whole = disk->content(first_segment);
    // The third commit begins behind two of 40 + 4 + 3 bytes, padded to 48.
    for (std::size_t at = 0; at < segment_header_bytes + 48 + 47; ++at) {
        if (at >= 28 && at < 32) continue;              // spare
        if (at == segment_header_bytes + 47) continue;  // padding
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
        disk->set_content(first_segment, damaged);
        EXPECT_THAT(failure_of(*disk), testing::AllOf(testing::HasSubstr(first_segment),
                                                      testing::HasSubstr("at byte ")))
            << at;
    }
    disk->set_content(first_segment, whole);
    EXPECT_EQ(failure_of(*disk), "");
    EXPECT_THAT(read_all(*disk), testing::ElementsAre("one", "two", "three"));
}

TEST(Recovery, FindsAMissingSegment) {
    support::SimulatedDisk disk;
    {
        const auto journal = open_journal(disk);
        for (int i = 0; i < 6; ++i) journal->append_and_wait(std::string(2000, 'x'));
    }
    const std::vector<Sequence> segments = list_segments(disk, "/journal");
    ASSERT_GE(segments.size(), 3u);
    disk.remove(segment_path("/journal", segments[1]));
    EXPECT_THAT(failure_of(disk), testing::HasSubstr("are missing"));
}

TEST(Recovery, FindsDamageAtTheEndOfAnEarlierSegment) {
    support::SimulatedDisk disk;
    {
        const auto journal = open_journal(disk);
        for (int i = 0; i < 4; ++i) journal->append_and_wait(std::string(2000, 'x'));
    }
    std::string bytes = disk.content(first_segment);
    bytes[segment_header_bytes + 100] = 'y';  // in its last commit
    disk.set_content(first_segment, bytes);
    EXPECT_THAT(failure_of(disk), testing::HasSubstr(first_segment + " at byte 32"));
}

TEST(Recovery, DoesNotTakeAPayloadForACommit) {
    support::SimulatedDisk disk;
    {
        const auto journal = open_journal(disk);
        journal->append_and_wait("one");
    }
    // A torn commit whose payload spells out a commit, as far as its writer could know.
    std::string bytes = disk.content(first_segment);
    const Segment segment(disk, "/journal", 1);
    auto commit = segment.find_commit(segment_header_bytes, 1);
    ASSERT_TRUE(commit);
    const auto seal = segment.find_commit(commit->end, 2);
    ASSERT_TRUE(seal);
    std::string forged;
    CommitHeader header;
    header.first = 3;
    const std::vector<std::uint32_t> lengths = {5};
    append_commit(forged, segment.header().salt + 1, header, {lengths, "forged"});
    bytes.replace(seal->end, 16, std::string(16, 'T'));
    bytes.replace(seal->end + 16, forged.size(), forged);
    disk.set_content(first_segment, bytes);
    EXPECT_EQ(failure_of(disk), "");
    EXPECT_THAT(read_all(disk), testing::ElementsAre("one"));
}

TEST(Recovery, SealsWhatWasLeftOnce) {
    support::SimulatedDisk disk;
    const auto journal = open_journal(disk);
    journal->append_and_wait("one");
    journal->append_and_wait("two");
    EXPECT_EQ(journal->sealed_through(), 0u);
    const auto killed = disk.after_kill();
    EXPECT_THAT(read_all(*killed), testing::IsEmpty());
    open_journal(*killed);
    const std::string sealed = killed->content(first_segment);
    EXPECT_THAT(read_all(*killed), testing::ElementsAre("one", "two"));
    open_journal(*killed);
    EXPECT_EQ(killed->content(first_segment), sealed);
}

}  // namespace journal
