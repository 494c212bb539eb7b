// The journal: the gateway's durable local log of facts. Owns the files under DATA_DIR/journal, the
// sequence numbers, group commit and what "durable" means. It knows payloads only as bytes; the
// format is in format.h, reading it back in reader.h, what a restart does with a tail in
// recovery.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/clock.h"
#include "calendar/instant.h"

namespace platform {
class Disk;
}

namespace journal {

/// Dense, per gateway, from 1: the identity of a record in the ledger.
using Sequence = std::uint64_t;

struct Options {
    std::string directory;  // DATA_DIR/journal, made if absent
    std::uint64_t segment_bytes = 16u
                                  << 20;  // preallocated and zeroed; a new one is begun when full
    std::uint64_t backlog_limit_bytes = 4ull << 30;  // unshipped; beyond it the journal is `full`
    std::uint64_t reserve_bytes = 16u << 20;  // beyond the backlog's limit, for essential batches
    std::uint64_t queue_limit_bytes = 64u << 20;  // handed over, not yet written: the same
    /// A commit starts at once when the previous held fewer records than `busy_records`; otherwise
    /// when none came for `busy_lull`, or `busy_pace` after the previous one began.
    std::size_t busy_records = 8;
    calendar::Duration busy_pace = calendar::Duration::milliseconds(2);
    calendar::Duration busy_lull = {50};
    /// Records are sealed for shipping at the latest this long after they were written.
    calendar::Duration seal_interval = calendar::Duration::milliseconds(500);
};

/// Records of one producer thread, gathered over one pass of its loop. Reused: clear() keeps
/// memory.
class Batch {
  public:
    void add(std::string_view payload);  // std::length_error beyond 1 MiB
    bool empty() const { return lengths_.empty(); }
    std::size_t size() const { return lengths_.size(); }
    void clear();

    std::string bytes_;                   // payloads end to end
    std::vector<std::uint32_t> lengths_;  // one each
    /// It holds a fact of what has happened and ends or begins a bill (the answer to a load or a
    /// delete): taken beyond the backlog's limit, out of the reserve.
    bool essential_ = false;
};

/// Whether the journal takes records. Full: the backlog, the queue, or no space on the disk for the
/// next segment.
enum class State { writing, full, failed };

/// A producer's side of the journal. Made by its thread, used by that thread alone but for
/// durable(), which any thread may read. It lives until the journal is closed.
class Producer {
  public:
    virtual ~Producer() = default;
    /// Called on the writer's thread when durable() has advanced after arm(), or, armed or not,
    /// when the journal failed: must only signal (write an eventfd), never block.
    virtual void wake() = 0;

    /// How many of this producer's records, counted from 1 in the order handed over, are on disk.
    std::uint64_t durable() const { return durable_.load(std::memory_order_seq_cst); }
    /// Ask for one wake() at the next advance. Check durable(), and the journal's state(), again
    /// after arming.
    void arm() { armed_.store(true, std::memory_order_seq_cst); }

    std::atomic<std::uint64_t> durable_{0};
    std::atomic<bool> armed_{false};
    std::uint64_t submitted_ = 0;  // owned by the producer's thread
};

class Journal {
  public:
    static constexpr calendar::Duration append_limit = calendar::Duration::seconds(60);

    /// Opens or makes the journal and recovers its tail. Throws: the directory cannot be used,
    /// another process holds it (the message names the lock file), or a record that was once
    /// durable is damaged.
    static std::unique_ptr<Journal> open(platform::Disk& disk, const calendar::Clock& clock,
                                         Options options);
    virtual ~Journal() = default;

    /// Hands over all records of one pass under one lock, and returns the producer's ordinal of the
    /// last of them: it is durable when producer.durable() reaches that. `batch` is left empty.
    /// Not while state() is full (essential: while there is no reserve) or failed, or after
    /// close(): then the records are dropped, and 0 is returned. An empty batch gives the ordinal
    /// of the last record handed over.
    virtual std::uint64_t submit(Producer& producer, Batch& batch) = 0;

    /// For threads that may block: returns when the payload is on disk; its sequence. Throws
    /// std::runtime_error when the journal is full, failed or closed, and after append_limit, when
    /// it is not known whether the payload will be there.
    virtual Sequence append_and_wait(std::string_view payload) = 0;

    /// A failed sync ends all writing for the life of the process: after it nothing is known of
    /// what the disk holds (design.md). A full journal takes records again once release() frees it.
    virtual State state() const = 0;
    /// Whether an essential batch would be taken: while writing, and at the backlog's limit as long
    /// as the reserve lasts; on a disk without space, while the segment that is being written has
    /// room.
    virtual bool takes_essential() const = 0;
    virtual std::string failure() const = 0;  // what failed, empty while writing

    /// The last record that is durable and sealed: what the shipper may read. 0: none.
    virtual Sequence sealed_through() const = 0;
    /// One past the last record that was given to the disk, durable or not yet. A record beyond it
    /// will be recorded_at no earlier than this call; so whoever reads the clock first and has
    /// shipped all before it has shipped all that was recorded up to then.
    virtual Sequence next_sequence() const = 0;
    virtual std::uint64_t backlog_bytes() const = 0;

    /// Everything up to and including `shipped` is in the ledger: segments wholly before it go.
    virtual void release(Sequence shipped) = 0;

    /// Seals and syncs what was handed over and ends the writer's thread. Idempotent.
    virtual void close() = 0;
};

}  // namespace journal
