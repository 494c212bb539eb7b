// What a start does with the segments it finds. The decision is a table, `decide_tail`; the rest
// gathers its facts and carries its action out. Afterwards the last segment holds whole commits and
// then zeros, all of it synced.
#pragma once

#include <string>
#include <vector>

#include "journal/segment.h"

namespace journal {

enum class Place { earlier, last };  // is there a later segment?
enum class Commits { none, some };   // whole ones from the segment's start on
enum class TailAction {
    go_on,          // nothing to mend
    drop_torn,      // a commit that was never synced, so never acknowledged: zeros over it
    report_damage,  // what was durable is not there any more: a person must look
};

// clang-format off
///  | place   | whole commits | behind them           | action        | why
///  |---------|---------------|-----------------------|---------------|------------------------------
///  | any     | none          | any                   | report_damage | named after its first commit
///  | earlier | some          | zeros                 | go_on         |
///  | earlier | some          | damaged               | report_damage | the next began after its sync
///  | any     | some          | damaged before commit | report_damage | the same
///  | last    | some          | zeros                 | go_on         |
///  | last    | some          | damaged               | drop_torn     | a crash between write and sync
// clang-format on
TailAction decide_tail(Place place, Commits commits, Rest rest);

/// One segment as the journal keeps it in mind.
struct SegmentInfo {
    Sequence first = 0;
    Sequence last = 0;
    std::uint64_t bytes = 0;  // up to the end of its last commit
};

struct Recovered {
    std::vector<SegmentInfo> segments;  // ascending
    SegmentHeader header;               // of the last one
    Sequence sealed_through = 0;
    Sequence next() const { return segments.empty() ? 1 : segments.back().last + 1; }
};

/// Reads every segment, checks that nothing is missing, mends the tail. Throws std::runtime_error
/// (file, offset) for damage, std::system_error where the disk fails.
Recovered recover(platform::Disk& disk, const std::string& directory);

}  // namespace journal
