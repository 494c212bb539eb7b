#include "journal/format.h"

#include <zlib.h>

#include <bit>
#include <cstring>
#include <numeric>
#include <stdexcept>

namespace journal {
namespace {

static_assert(std::endian::native == std::endian::little, "integers are copied as they lie");

constexpr std::string_view segment_magic = "TGJOURNL";
constexpr std::uint32_t commit_magic = 0x4d434754;  // "TGCM"
constexpr std::uint32_t format_version = 1;
constexpr std::size_t crc_begin = 8;  // of a commit: magic and CRC itself are not covered

template <class Integer>
void append(std::string& out, Integer value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Integer>
Integer read(std::string_view bytes, std::size_t offset) {
    Integer value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

std::uint32_t crc_of(std::uint32_t seed, std::string_view bytes) {
    return static_cast<std::uint32_t>(
        crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

constexpr std::uint64_t aligned(std::uint64_t bytes) {
    return (bytes + commit_alignment - 1) / commit_alignment * commit_alignment;
}

}  // namespace

std::string encode_segment_header(const SegmentHeader& header) {
    std::string out(segment_magic);
    append(out, format_version);
    append(out, header.salt);
    append(out, header.first);
    append(out, crc_of(0, out));
    append(out, std::uint32_t{0});
    return out;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
    if (bytes.size() < segment_header_bytes || !bytes.starts_with(segment_magic)) return {};
    if (read<std::uint32_t>(bytes, 24) != crc_of(0, bytes.substr(0, 24))) return {};
    if (const auto version = read<std::uint32_t>(bytes, 8); version != format_version) {
        throw std::runtime_error("journal format " + std::to_string(version) +
                                 " is of another version of tollgate");
    }
    return SegmentHeader{read<std::uint32_t>(bytes, 12), read<std::uint64_t>(bytes, 16)};
}

std::uint64_t framed_bytes(const RecordsView& records) {
    return aligned(commit_header_bytes + records.lengths.size_bytes() + records.payloads.size());
}

std::uint64_t framed_bytes(const CommitHeader& header) {
    return aligned(commit_header_bytes + header.body_bytes);
}

void append_commit(std::string& out, std::uint32_t salt, CommitHeader header,
                   const RecordsView& records) {
    const std::size_t begin = out.size();
    append(out, commit_magic);
    append(out, std::uint32_t{0});
    append(out, static_cast<std::uint32_t>(records.lengths.size_bytes() + records.payloads.size()));
    append(out, static_cast<std::uint32_t>(records.lengths.size()));
    append(out, header.first);
    append(out, header.recorded_at.micros);
    append(out, static_cast<std::uint32_t>(header.seal));
    append(out, std::uint32_t{0});
    out.append(reinterpret_cast<const char*>(records.lengths.data()), records.lengths.size_bytes());
    out += records.payloads;
    const std::uint32_t crc = crc_of(salt, std::string_view(out).substr(begin + crc_begin));
    std::memcpy(out.data() + begin + 4, &crc, sizeof crc);
    out.resize(begin + framed_bytes(records), '\0');
}

std::optional<CommitHeader> decode_commit_header(std::string_view bytes) {
    if (bytes.size() < commit_header_bytes || read<std::uint32_t>(bytes, 0) != commit_magic) {
        return {};
    }
    CommitHeader header;
    header.crc = read<std::uint32_t>(bytes, 4);
    header.body_bytes = read<std::uint32_t>(bytes, 8);
    header.count = read<std::uint32_t>(bytes, 12);
    header.first = read<std::uint64_t>(bytes, 16);
    header.recorded_at.micros = read<std::int64_t>(bytes, 24);
    const auto flags = read<std::uint32_t>(bytes, 32);
    header.seal = (flags & 1) != 0 ? Seal::yes : Seal::no;
    const bool possible = header.count <= max_commit_records &&
                          header.body_bytes <= max_commit_bytes + 4 * max_commit_records &&
                          header.body_bytes >= header.count * 4 && flags <= 1;
    if (!possible) return {};
    return header;
}

bool is_whole_commit(const CommitHeader& header, std::uint32_t salt, std::string_view bytes) {
    if (bytes.size() < commit_header_bytes + header.body_bytes) return false;
    const std::string_view covered =
        bytes.substr(crc_begin, commit_header_bytes - crc_begin + header.body_bytes);
    if (crc_of(salt, covered) != header.crc) return false;
    std::vector<std::uint32_t> lengths;
    const RecordsView records = records_of(header, bytes.substr(commit_header_bytes), lengths);
    return std::accumulate(lengths.begin(), lengths.end(), std::uint64_t{0}) ==
           records.payloads.size();
}

RecordsView records_of(const CommitHeader& header, std::string_view body,
                       std::vector<std::uint32_t>& lengths) {
    const std::size_t table = header.count * sizeof(std::uint32_t);
    lengths.resize(header.count);
    if (table > 0) std::memcpy(lengths.data(), body.data(), table);
    return {lengths, body.substr(table, header.body_bytes - table)};
}

}  // namespace journal
