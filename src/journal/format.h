// The format of the journal's files, version 1. All integers little-endian.
//
// A journal is a directory of *segments*. A segment's name is the sequence of its first record, 20
// decimal digits, and ".log". It is a header, then commits, then zeros to its preallocated end.
//
//   segment header, 32 bytes:  0  magic "TGJOURNL"
//                              8  u32 format version, 1
//                             12  u32 salt, random
//                             16  u64 sequence of the first record
//                             24  u32 CRC-32 of bytes 0 to 24
//                             28  u32 zero
//
// A *commit* is what one write and one sync made durable: it is there whole or not at all. It
// begins at a multiple of 8 and is padded with zeros to the next.
//
//   commit header, 40 bytes:   0  u32 magic "TGCM"
//                              4  u32 CRC-32 of bytes 8 to the end of the body, begun with the salt
//                              8  u32 length of the body
//                             12  u32 count of records; 0 only in a seal without records
//                             16  u64 sequence of the first record (count 0: of the next one)
//                             24  i64 recorded_at, microseconds since 1970
//                             32  u32 flags: 1 = seal
//                             36  u32 zero
//   body:                         count times u32 length of a payload, then the payloads end to end
//
// Commit n + 1 is written only after commit n was synced, and a segment gets its name only after
// its header and its first commit were. So what is damaged at the very end is a commit that nobody
// was told of, and what is damaged elsewhere was once durable (recovery.h).
//
// A *batch*, the unit of shipping, ends with a commit that has the seal flag, or with the end of a
// segment that has a successor; so no batch spans two segments, and its bounds never change once
// they are durable. The salt keeps a payload that looks like a commit from being taken for one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "calendar/instant.h"
#include "journal/journal.h"

namespace journal {

constexpr std::uint64_t segment_header_bytes = 32;
constexpr std::uint64_t commit_header_bytes = 40;
constexpr std::uint64_t commit_alignment = 8;

constexpr std::size_t max_record_bytes = 1u << 20;
/// The writer begins a new commit beyond these, and seals a batch that has reached them; so a
/// batch, made of whole commits, stays below twice as much, which bounds the shipper's memory.
constexpr std::size_t max_commit_records = 5'000;
constexpr std::size_t max_commit_bytes = 2u << 20;
static_assert(max_commit_bytes >= max_record_bytes);

enum class Seal : std::uint32_t { no = 0, yes = 1 };

struct SegmentHeader {
    std::uint32_t salt = 0;
    Sequence first = 0;
};

struct CommitHeader {
    std::uint32_t crc = 0;
    std::uint32_t body_bytes = 0;
    std::uint32_t count = 0;
    Sequence first = 0;
    calendar::Instant recorded_at;
    Seal seal = Seal::no;
};

std::string encode_segment_header(const SegmentHeader& header);
/// Absent: no header of ours, or damaged. Throws std::runtime_error for a later format version.
std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);

/// The records of one commit: `lengths` says how `payloads` is cut up.
struct RecordsView {
    std::span<const std::uint32_t> lengths;
    std::string_view payloads;
};

/// The bytes a commit of these records takes in the file, padding included.
std::uint64_t framed_bytes(const RecordsView& records);
std::uint64_t framed_bytes(const CommitHeader& header);

/// Appends the commit to `out`; `crc` and `body_bytes` of the header are computed here.
void append_commit(std::string& out, std::uint32_t salt, CommitHeader header,
                   const RecordsView& records);
/// The header at the start of `bytes`; absent: no magic, or lengths that cannot be.
std::optional<CommitHeader> decode_commit_header(std::string_view bytes);
/// `bytes`: header and body. Whether the CRC holds and the lengths add up.
bool is_whole_commit(const CommitHeader& header, std::uint32_t salt, std::string_view bytes);
/// Of a whole commit's body.
RecordsView records_of(const CommitHeader& header, std::string_view body,
                       std::vector<std::uint32_t>& lengths);

}  // namespace journal
