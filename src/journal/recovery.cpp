#include "journal/recovery.h"

#include <algorithm>

#include "platform/log.h"

namespace journal {
namespace {

/// What one pass over a segment finds.
struct Scan {
    SegmentInfo info;
    Commits commits = Commits::none;
    Sequence sealed_through = 0;
    std::uint64_t last_commit = 0;  // offset
    std::string last_bytes;
};

Scan scan(const Segment& segment) {
    Scan found;
    found.info = {segment.header().first, segment.header().first - 1, segment_header_bytes};
    // A segment begins where a batch ended.
    found.sealed_through = found.info.last;
    while (auto commit = segment.find_commit(found.info.bytes, found.info.last + 1)) {
        found.commits = Commits::some;
        found.last_commit = found.info.bytes;
        found.info.bytes = commit->end;
        found.info.last = commit->next() - 1;
        if (commit->header.seal == Seal::yes) found.sealed_through = found.info.last;
        found.last_bytes = std::move(commit->bytes);
    }
    return found;
}

void zero_from(platform::File& file, std::uint64_t offset) {
    const std::uint64_t size = file.size();
    if (offset >= size) return;
    const std::string rest = file.read_at(offset, size - offset);
    const std::size_t last = rest.find_last_not_of('\0');
    if (last == std::string::npos) return;
    file.write_at(offset, std::string(last + 1, '\0'));
}

/// Makes durable what the scan took for durable. The last commit is written again: if its sync
/// failed in an earlier life, the kernel may hold it as clean though the disk never got it.
void settle_tail(platform::Disk& disk, const std::string& path, const Scan& found,
                 TailAction action) {
    const auto file = disk.open(path, platform::Disk::Mode::write);
    if (action == TailAction::drop_torn) {
        platform::log(platform::Severity::warning, "journal", "dropped a torn commit",
                      {{"path", path}, {"offset", found.info.bytes}});
        zero_from(*file, found.info.bytes);
    }
    file->write_at(found.last_commit, found.last_bytes);
    file->sync();
}

}  // namespace

TailAction decide_tail(Place place, Commits commits, Rest rest) {
    if (commits == Commits::none) return TailAction::report_damage;
    switch (rest) {
        case Rest::zeros:
            return TailAction::go_on;
        case Rest::damaged_before_commit:
            return TailAction::report_damage;
        case Rest::damaged:
            break;
    }
    return place == Place::last ? TailAction::drop_torn : TailAction::report_damage;
}

Recovered recover(platform::Disk& disk, const std::string& directory) {
    Recovered recovered;
    const std::vector<Sequence> firsts = list_segments(disk, directory);
    for (std::size_t i = 0; i < firsts.size(); ++i) {
        const Segment segment(disk, directory, firsts[i]);
        if (i > 0 && firsts[i] != recovered.next()) {
            throw_damaged(segment.path(), 0,
                          "records " + std::to_string(recovered.next()) + " to " +
                              std::to_string(firsts[i] - 1) + " before it are missing");
        }
        const Scan found = scan(segment);
        const Place place = i + 1 < firsts.size() ? Place::earlier : Place::last;
        const TailAction action =
            decide_tail(place, found.commits, segment.rest_from(found.info.bytes));
        if (action == TailAction::report_damage) {
            throw_damaged(segment.path(), found.info.bytes, "a commit that was durable is damaged");
        }
        if (place == Place::last) settle_tail(disk, segment.path(), found, action);
        recovered.segments.push_back(found.info);
        recovered.header = segment.header();
        recovered.sealed_through = found.sealed_through;
    }
    // The last segment's name too: an earlier life may have ended between rename and sync, and what
    // is appended from here on counts as durable.
    if (!firsts.empty()) disk.sync_directory(directory);
    return recovered;
}

}  // namespace journal
