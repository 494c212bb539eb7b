#include "ledger/read_ahead.h"

namespace ledger {
namespace {

/// A damaged batch keeps back itself and what follows, not what precedes it.
std::optional<journal::SealedBatch> find_next(BatchSource& source, journal::Sequence after) {
    try {
        return source.next(after);
    } catch (const std::exception&) {
        return std::nullopt;  // said when it is its turn
    }
}

/// What waits, in one transaction up to a limit: accounts and instances that come again in the next
/// batch are then written once. The mark moves over all of it or not at all, so where a transaction
/// ends may be another place when it is tried again.
std::optional<ParsedBatch> read_waiting(BatchSource& source, journal::Sequence after,
                                        std::size_t enough_records) {
    auto batch = source.next(after);
    if (!batch) return std::nullopt;
    BatchParser parser;
    while (batch) {
        if (parser.add(*std::move(batch)) >= enough_records) break;
        batch = find_next(source, parser.last());
    }
    return std::move(parser).finish();
}

}  // namespace

std::optional<ParsedBatch> ReadAhead::take(journal::Sequence after) {
    if (prepared_.valid() && prepared_after_ == after) return prepared_.get();
    drop();
    return read_waiting(source_, after, enough_records_);
}

void ReadAhead::prepare_after(const ParsedBatch& batch) {
    if (batch.records() < enough_records_) return;
    prepared_after_ = batch.last;
    prepared_ = std::async(std::launch::async, [this, after = batch.last] {
        return read_waiting(source_, after, enough_records_);
    });
}

void ReadAhead::settle() const {
    if (prepared_.valid()) prepared_.wait();
}

}  // namespace ledger
