// Where the shipper's batches come from: the gateway's journal. An interface, so that tests and the
// simulation can hand out batches without a disk.
#pragma once

#include <optional>

#include "journal/reader.h"

namespace ledger {

class BatchSource {
  public:
    virtual ~BatchSource() = default;
    /// As journal::Reader::next.
    virtual std::optional<journal::SealedBatch> next(journal::Sequence after) = 0;
    /// As journal::Journal::release.
    virtual void release(journal::Sequence shipped) = 0;
    /// The next record's sequence: all before it were recorded before this call.
    virtual journal::Sequence next_sequence() const = 0;
};

class JournalSource : public BatchSource {
  public:
    JournalSource(journal::Journal& journal, journal::Reader& reader)
        : journal_(journal), reader_(reader) {}
    std::optional<journal::SealedBatch> next(journal::Sequence after) override {
        return reader_.next(after);
    }
    void release(journal::Sequence shipped) override { journal_.release(shipped); }
    journal::Sequence next_sequence() const override { return journal_.next_sequence(); }

  private:
    journal::Journal& journal_;
    journal::Reader& reader_;
};

}  // namespace ledger
