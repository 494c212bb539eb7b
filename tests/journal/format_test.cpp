#include "journal/format.h"

#include <gtest/gtest.h>

namespace journal {
namespace {

std::string commit_of(std::vector<std::uint32_t> lengths, std::string_view payloads,
                      std::uint32_t salt = 7, Seal seal = Seal::no) {
    CommitHeader header;
    header.first = 42;
    header.recorded_at = {1'700'000'000'123'456};
    header.seal = seal;
    std::string out;
    append_commit(out, salt, header, {lengths, payloads});
    return out;
}

}  // namespace

TEST(Format, SegmentHeaderIsReadBackAndRefusedOnAnyChangedBit) {
    const std::string bytes = encode_segment_header({0xdeadbeef, 417});
    ASSERT_EQ(bytes.size(), segment_header_bytes);
    const auto header = decode_segment_header(bytes);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->salt, 0xdeadbeef);
    EXPECT_EQ(header->first, 417u);
    for (std::size_t bit = 0; bit < 28 * 8; ++bit) {  // the last four bytes are spare
        std::string changed = bytes;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        EXPECT_FALSE(decode_segment_header(changed)) << bit;
    }
    EXPECT_FALSE(decode_segment_header(bytes.substr(0, 31)));
}

TEST(Format, CommitHoldsItsRecordsAndIsPadded) {
    const std::string bytes = commit_of({3, 0, 5}, "abcdefgh", 7, Seal::yes);
    EXPECT_EQ(bytes.size() % commit_alignment, 0u);
    const auto header = decode_commit_header(bytes);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->first, 42u);
    EXPECT_EQ(header->count, 3u);
    EXPECT_EQ(header->recorded_at.micros, 1'700'000'000'123'456);
    EXPECT_EQ(header->seal, Seal::yes);
    EXPECT_EQ(framed_bytes(*header), bytes.size());
    EXPECT_TRUE(is_whole_commit(*header, 7, bytes));
    std::vector<std::uint32_t> lengths;
    const RecordsView records =
        records_of(*header, std::string_view(bytes).substr(commit_header_bytes), lengths);
    EXPECT_THAT(lengths, testing::ElementsAre(3u, 0u, 5u));
    EXPECT_EQ(records.payloads, "abcdefgh");
}

TEST(Format, CommitIsNotWholeWithAnyChangedOrMissingByte) {
    const std::string bytes = commit_of({3, 5}, "abcdefgh");
    const std::size_t used = commit_header_bytes + 2 * 4 + 8;
    for (std::size_t at = 0; at < used; ++at) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        const auto header = decode_commit_header(changed);
        EXPECT_FALSE(header && is_whole_commit(*header, 7, changed)) << at;
        const std::string cut = bytes.substr(0, at);
        const auto cut_header = decode_commit_header(cut);
        EXPECT_FALSE(cut_header && is_whole_commit(*cut_header, 7, cut)) << at;
    }
}

TEST(Format, CommitOfAnotherSegmentIsNotTaken) {
    const std::string bytes = commit_of({3}, "abc", 7);
    EXPECT_TRUE(is_whole_commit(*decode_commit_header(bytes), 7, bytes));
    EXPECT_FALSE(is_whole_commit(*decode_commit_header(bytes), 8, bytes));
}

TEST(Format, ZerosAreNoCommit) {
    EXPECT_FALSE(decode_commit_header(std::string(4096, '\0')));
    EXPECT_FALSE(decode_segment_header(std::string(4096, '\0')));
}

}  // namespace journal
