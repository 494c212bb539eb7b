// Reads sealed batches back, in order, for the shipper: also from the directory of a gateway that
// is gone. Batch boundaries are fixed in the journal, so a batch sent twice is the same batch. A
// batch holds fewer than 10,000 records and less than 4 MiB of payload.
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
    /// Beside the writer in the same process: sees only what `journal` has made durable. From any
    /// one thread.
    Reader(platform::Disk& disk, std::string directory, const Journal& journal);
    /// Of a journal that nobody writes. What its last life left unsealed is not seen: opening and
    /// closing it once seals that.
    Reader(platform::Disk& disk, std::string directory);
    ~Reader();

    /// The sealed batch that begins at `after` + 1; absent while there is none. Throws
    /// std::runtime_error when `after` is not the end of a batch, when the journal no longer holds
    /// what follows (released), or ends before `after` (it is not the one that was shipped), or is
    /// damaged, with file and offset.
    std::optional<SealedBatch> next(Sequence after);

  private:
    struct Position;
    std::unique_ptr<Position> position_;
};

}  // namespace journal
