#include "journal/committer.h"

#include "platform/clock.h"

namespace journal {
namespace {

std::vector<calendar::Duration> commit_bounds() {
    std::vector<calendar::Duration> bounds;
    for (const std::int64_t micros : {100, 200, 500, 1'000, 2'000, 5'000, 10'000, 20'000, 50'000,
                                      100'000, 500'000, 2'000'000}) {
        bounds.push_back({micros});
    }
    return bounds;
}

}  // namespace

Committer::Committer(Writer& writer, Backlog& backlog, const calendar::Clock& clock,
                     calendar::Duration seal_interval, Sequence sealed_through)
    : writer_(writer),
      backlog_(backlog),
      clock_(clock),
      seal_interval_(seal_interval),
      records_(platform::metrics().counter("tollgate_journal_records_total",
                                           "Records made durable in the journal.")),
      bytes_(platform::metrics().counter("tollgate_journal_written_bytes_total",
                                         "Bytes written to the journal, framing included.")),
      commit_times_(platform::metrics().histogram("tollgate_journal_commit_seconds",
                                                  "One group commit: its write and its sync.",
                                                  commit_bounds())),
      batch_records_(writer.next() - 1 - sealed_through),
      last_seal_(platform::monotonic_micros()),
      sealed_through_(sealed_through) {}

void Committer::commit(const Handover& handover) {
    const std::span<const std::uint32_t> lengths(handover.lengths);
    std::string_view payloads = handover.payloads;
    std::size_t begin = 0;
    while (begin < lengths.size()) {
        std::size_t end = begin;
        std::size_t bytes = 0;
        while (end < lengths.size() && end - begin < max_commit_records &&
               bytes + lengths[end] <= max_commit_bytes) {
            bytes += lengths[end++];
        }
        commit({lengths.subspan(begin, end - begin), payloads.substr(0, bytes)});
        payloads.remove_prefix(bytes);
        begin = end;
    }
}

void Committer::seal() {
    if (!has_unsealed()) return;
    write({}, Seal::yes);
    sealed_through_ = writer_.next() - 1;
    batch_records_ = batch_bytes_ = 0;
    last_seal_ = platform::monotonic_micros();
}

void Committer::commit(const RecordsView& records) {
    const std::size_t count = records.lengths.size();
    const std::int64_t now = platform::monotonic_micros();
    // A record that comes when nothing was sealed for a while closes its batch itself: a quiet
    // gateway needs no extra commit for it.
    const bool full = batch_records_ + count >= max_commit_records ||
                      batch_bytes_ + records.payloads.size() >= max_commit_bytes;
    const Seal seal = full || now >= seal_due() ? Seal::yes : Seal::no;
    const Writer::Outcome outcome = write(records, seal);
    if (outcome.new_segment) {
        sealed_through_ = outcome.first - 1;
        batch_records_ = batch_bytes_ = 0;
    }
    batch_records_ += count;
    batch_bytes_ += records.payloads.size();
    if (seal == Seal::yes) {
        sealed_through_ = writer_.next() - 1;
        batch_records_ = batch_bytes_ = 0;
        last_seal_ = now;
    }
}

Writer::Outcome Committer::write(const RecordsView& records, Seal seal) {
    const std::int64_t begin = platform::monotonic_micros();
    const Writer::Outcome outcome = writer_.commit(records, seal, clock_.now());
    commit_times_.observe({platform::monotonic_micros() - begin});
    records_.add(records.lengths.size());
    bytes_.add(outcome.bytes);
    backlog_.add(outcome, records.lengths.size());
    return outcome;
}

}  // namespace journal
