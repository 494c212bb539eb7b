#include "journal/reader.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "journal/segment.h"

namespace journal {

/// Where the reader stands: at the first commit of the batch that begins with `next`.
struct Reader::Position {
    platform::Disk& disk;
    const std::string directory;
    const Journal* const journal;  // absent: nobody writes

    std::unique_ptr<Segment> segment;
    std::uint64_t offset = 0;
    Sequence next = 0;

    Sequence limit() const {
        return journal ? journal->sealed_through() : std::numeric_limits<Sequence>::max();
    }
    void open(Sequence first);
    bool has_successor(Sequence first) const;
    bool find(Sequence after);
    void find_in_segment(Sequence after);
    std::optional<SealedBatch> read_batch();
    void check_end(std::uint64_t at, Sequence missing) const;
};

namespace {

[[noreturn]] void throw_unknown(const std::string& directory, Sequence after,
                                const std::string& why) {
    throw std::runtime_error("journal " + directory + ": nothing to read after record " +
                             std::to_string(after) + ": " + why);
}

void append_records(const Segment::Commit& commit, std::vector<Record>& records) {
    std::vector<std::uint32_t> lengths;
    const RecordsView view = records_of(commit.header, commit.body(), lengths);
    Sequence sequence = commit.header.first;
    std::size_t at = 0;
    for (const std::uint32_t length : view.lengths) {
        records.push_back(
            {sequence++, commit.header.recorded_at, std::string(view.payloads.substr(at, length))});
        at += length;
    }
}

}  // namespace

void Reader::Position::open(Sequence first) {
    segment = std::make_unique<Segment>(disk, directory, first);
    // What a killed writer left may not be on the disk yet; what is shipped must be.
    if (!journal) segment->sync();
    offset = segment_header_bytes;
    next = first;
}

bool Reader::Position::has_successor(Sequence first) const {
    const std::vector<Sequence> segments = list_segments(disk, directory);
    return std::binary_search(segments.begin(), segments.end(), first);
}

/// False: the journal is empty, and so it should be.
bool Reader::Position::find(Sequence after) {
    if (segment && next == after + 1) return true;
    const std::vector<Sequence> segments = list_segments(disk, directory);
    if (segments.empty()) {
        if (after == 0) return false;
        throw_unknown(directory, after, "the journal is empty");
    }
    const auto behind = std::upper_bound(segments.begin(), segments.end(), after + 1);
    if (behind == segments.begin()) {
        throw_unknown(directory, after,
                      "released, the journal begins at " + std::to_string(segments.front()));
    }
    open(*std::prev(behind));
    find_in_segment(after);
    return true;
}

void Reader::Position::find_in_segment(Sequence after) {
    bool at_boundary = true;
    while (next <= after || (next == after + 1 && !at_boundary)) {
        const auto commit = segment->find_commit(offset, next);
        if (!commit) {
            segment.reset();
            throw_unknown(
                directory, after,
                "the journal holds sealed records only up to " + std::to_string(next - 1));
        }
        offset = commit->end;
        next = commit->next();
        at_boundary = commit->header.seal == Seal::yes;
    }
    if (next != after + 1) {
        segment.reset();
        throw_unknown(directory, after, "it is not the end of a batch");
    }
}

/// Behind the last whole commit there must be nothing, or what a crash leaves.
void Reader::Position::check_end(std::uint64_t at, Sequence missing) const {
    const Rest rest = segment->rest_from(at);
    if (journal || rest == Rest::damaged_before_commit) {
        throw_damaged(segment->path(), at, "no commit with record " + std::to_string(missing));
    }
}

std::optional<SealedBatch> Reader::Position::read_batch() {
    SealedBatch batch{next, next - 1, {}};
    std::uint64_t at = offset;
    Sequence expected = next;
    const Sequence readable = limit();
    bool sealed = false;
    while (!sealed) {
        if (expected > readable && batch.records.empty()) return {};
        const auto commit = segment->find_commit(at, expected);
        if (commit) {
            append_records(*commit, batch.records);
            at = commit->end;
            expected = commit->next();
            sealed = commit->header.seal == Seal::yes && !batch.records.empty();
            continue;
        }
        // A segment with a successor ends with the end of a batch.
        if (!has_successor(expected)) {
            check_end(at, expected);
            return {};
        }
        if (segment->rest_from(at) != Rest::zeros) {
            throw_damaged(segment->path(), at, "no commit with record " + std::to_string(expected));
        }
        sealed = !batch.records.empty();
        open(expected);
        at = offset;
    }
    offset = at;
    next = expected;
    batch.last = expected - 1;
    return batch;
}

Reader::Reader(platform::Disk& disk, std::string directory, const Journal& journal)
    : position_(new Position{disk, std::move(directory), &journal, nullptr}) {}

Reader::Reader(platform::Disk& disk, std::string directory)
    : position_(new Position{disk, std::move(directory), nullptr, nullptr}) {}

Reader::~Reader() = default;

std::optional<SealedBatch> Reader::next(Sequence after) {
    const Sequence limit = position_->limit();
    if (after == limit) return {};
    if (after > limit) {
        throw_unknown(position_->directory, after,
                      "the journal holds sealed records only up to " + std::to_string(limit));
    }
    if (!position_->find(after)) return {};
    return position_->read_batch();
}

}  // namespace journal
