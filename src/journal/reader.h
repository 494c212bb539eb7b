// Reads sealed batches back, in order, for the shipper: also from the directory of a gateway that
// is gone. Batch boundaries are fixed in the journal, so a batch sent twice is the same batch.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal.h"

namespace journal {

struct Record {
    Sequence sequence = 0;
    calendar::Instant recorded_at;
    std::string payload;
};

/// All records between two seals.
struct SealedBatch {
    Sequence first = 0;
    Sequence last = 0;
    std::vector<Record> records;  // dense from first to last
};

class Reader {
  public:
    Reader(platform::Disk& disk, std::string directory);
    ~Reader();

    /// The sealed batch that begins at `after` + 1; absent while there is none. Throws when the
    /// journal no longer holds it (released) or is damaged, with file and offset.
    std::optional<SealedBatch> next(Sequence after);

  private:
    struct Position;
    std::unique_ptr<Position> position_;
};

}  // namespace journal
