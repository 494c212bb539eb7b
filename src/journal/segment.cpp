#include "journal/segment.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace journal {
namespace {

constexpr std::size_t name_digits = 20;
constexpr std::string_view extension = ".log";

std::optional<Sequence> parse_name(std::string_view name) {
    if (name.size() != name_digits + extension.size() || !name.ends_with(extension)) return {};
    Sequence first = 0;
    const char* end = name.data() + name_digits;
    const auto [stop, error] = std::from_chars(name.data(), end, first);
    if (error != std::errc() || stop != end) return {};
    return first;
}

}  // namespace

void remove_if_present(platform::Disk& disk, const std::string& path) {
    try {
        disk.remove(path);
    } catch (const std::system_error& error) {
        if (error.code() != std::errc::no_such_file_or_directory) throw;
    }
}

std::string segment_path(const std::string& directory, Sequence first) {
    const std::string number = std::to_string(first);
    std::string path = directory + "/";
    path.append(name_digits - number.size(), '0');
    return path.append(number).append(extension);
}

std::vector<Sequence> list_segments(platform::Disk& disk, const std::string& directory) {
    std::vector<Sequence> segments;
    for (const std::string& name : disk.list(directory)) {
        if (const auto first = parse_name(name)) segments.push_back(*first);
    }
    std::sort(segments.begin(), segments.end());
    return segments;
}

void throw_damaged(const std::string& path, std::uint64_t offset, const std::string& what) {
    throw std::runtime_error("journal damaged: " + path + " at byte " + std::to_string(offset) +
                             ": " + what);
}

Segment::Segment(platform::Disk& disk, const std::string& directory, Sequence first)
    : path_(segment_path(directory, first)), file_(disk.open(path_, platform::Disk::Mode::read)) {
    const auto header = decode_segment_header(file_->read_at(0, segment_header_bytes));
    if (!header) throw_damaged(path_, 0, "no segment header");
    if (header->first != first) throw_damaged(path_, 0, "the header is of another segment");
    header_ = *header;
}

std::optional<Segment::Commit> Segment::find_commit(std::uint64_t offset, Sequence expected) const {
    constexpr std::size_t first_read = 4096;  // most commits are read at once
    Commit commit;
    commit.bytes = file_->read_at(offset, first_read);
    const auto header = decode_commit_header(commit.bytes);
    if (!header || header->first != expected) return {};
    const std::uint64_t size = commit_header_bytes + header->body_bytes;
    if (size > commit.bytes.size()) {
        commit.bytes += file_->read_at(offset + commit.bytes.size(), size - commit.bytes.size());
    }
    commit.bytes.resize(std::min<std::uint64_t>(size, commit.bytes.size()));
    if (!is_whole_commit(*header, header_.salt, commit.bytes)) return {};
    commit.header = *header;
    commit.end = offset + framed_bytes(*header);
    return commit;
}

Rest Segment::rest_from(std::uint64_t offset) const {
    const std::uint64_t size = file_->size();
    const std::string bytes = offset < size ? file_->read_at(offset, size - offset) : "";
    if (bytes.find_first_not_of('\0') == std::string::npos) return Rest::zeros;
    for (std::size_t at = 0; at + commit_header_bytes <= bytes.size(); at += commit_alignment) {
        const auto candidate = std::string_view(bytes).substr(at);
        const auto header = decode_commit_header(candidate);
        if (header && is_whole_commit(*header, header_.salt, candidate)) {
            return Rest::damaged_before_commit;
        }
    }
    return Rest::damaged;
}

}  // namespace journal
