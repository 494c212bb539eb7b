#include "journal/writer.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "platform/crypto.h"
#include "platform/invariant.h"
#include "platform/log.h"

namespace journal {
namespace {

std::uint32_t random_salt() {
    std::uint32_t salt = 0;
    const std::string bytes = platform::random_bytes(sizeof salt);
    std::memcpy(&salt, bytes.data(), sizeof salt);
    return salt;
}

}  // namespace

Writer::Writer(platform::Disk& disk, std::string directory, std::uint64_t segment_bytes,
               const Recovered& recovered)
    : disk_(disk),
      directory_(std::move(directory)),
      segment_bytes_(segment_bytes),
      preparer_(disk, directory_ + "/prepared", segment_bytes),
      next_(recovered.next()) {
    if (recovered.segments.empty()) return;
    const SegmentInfo& last = recovered.segments.back();
    file_ = disk_.open(segment_path(directory_, last.first), platform::Disk::Mode::write);
    salt_ = recovered.header.salt;
    offset_ = last.bytes;
    room_ = segment_bytes_ - std::min(offset_, segment_bytes_);
}

Writer::Outcome Writer::commit(const RecordsView& records, Seal seal,
                               calendar::Instant recorded_at) {
    CommitHeader header;
    header.first = next_;
    header.recorded_at = recorded_at;
    header.seal = seal;
    const std::uint64_t size = framed_bytes(records);
    // Records leave room for a seal behind them, so that a batch can always be closed where it is.
    const std::uint64_t reserve = records.lengths.empty() ? 0 : framed_bytes(RecordsView{});
    const bool fits = file_ && (reserve == 0 || offset_ + size + reserve <= segment_bytes_);
    platform::invariant(fits || !records.lengths.empty(), "a seal before the first record");
    Outcome outcome{next_, !fits, size};
    if (fits) {
        frame_.clear();
        append_commit(frame_, salt_, header, records);
        file_->write_at(offset_, frame_);
        file_->sync();
    } else {
        commit_in_new_segment(header, records);
        outcome.bytes += segment_header_bytes;
    }
    offset_ += size;
    room_.store(segment_bytes_ - std::min(offset_, segment_bytes_), std::memory_order_relaxed);
    next_ += records.lengths.size();
    return outcome;
}

// The name comes last: a named segment has its header and its first commit, whatever crashes.
void Writer::commit_in_new_segment(CommitHeader header, const RecordsView& records) {
    std::unique_ptr<platform::File> file = preparer_.take();
    if (!file) throw std::runtime_error("closed while no space was left for the next segment");
    const SegmentHeader segment{random_salt(), header.first};
    frame_ = encode_segment_header(segment);
    append_commit(frame_, segment.salt, header, records);
    file->write_at(0, frame_);
    file->sync();
    const std::string path = segment_path(directory_, header.first);
    disk_.rename(preparer_.path(), path);
    disk_.sync_directory(directory_);
    preparer_.next();
    file_ = std::move(file);
    salt_ = segment.salt;
    offset_ = segment_header_bytes;
    platform::log(platform::Severity::debug, "journal", "began a segment", {{"path", path}});
}

}  // namespace journal
