// One segment file, read: its header and its commits by offset. Knows nothing of who writes it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/format.h"
#include "platform/disk.h"

namespace journal {

std::string segment_path(const std::string& directory, Sequence first);
/// A file that may not be there.
void remove_if_present(platform::Disk& disk, const std::string& path);
/// The first sequences of the directory's segments, ascending.
std::vector<Sequence> list_segments(platform::Disk& disk, const std::string& directory);

/// Throws std::runtime_error: what is wrong, file, offset.
[[noreturn]] void throw_damaged(const std::string& path, std::uint64_t offset,
                                const std::string& what);

/// What lies behind the last whole commit of a segment.
enum class Rest { zeros, damaged, damaged_before_commit };

class Segment {
  public:
    struct Commit {
        CommitHeader header;
        std::string bytes;      // header and body, without padding
        std::uint64_t end = 0;  // offset of the next one

        Sequence next() const { return header.first + header.count; }
        std::string_view body() const {
            return std::string_view(bytes).substr(commit_header_bytes);
        }
    };

    /// Throws when the header is damaged, or names another first sequence than the file's name.
    Segment(platform::Disk& disk, const std::string& directory, Sequence first);

    const std::string& path() const { return path_; }
    const SegmentHeader& header() const { return header_; }
    /// The whole commit at `offset` that begins with `expected`; absent when there is none.
    std::optional<Commit> find_commit(std::uint64_t offset, Sequence expected) const;
    Rest rest_from(std::uint64_t offset) const;
    /// See platform::File::sync.
    void sync() { file_->sync(); }

  private:
    std::string path_;
    std::unique_ptr<platform::File> file_;
    SegmentHeader header_;
};

}  // namespace journal
