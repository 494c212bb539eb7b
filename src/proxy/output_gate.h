// Promise 2 of the design: no answer leaves before the write behind it is durable. Gathers the
// records of one loop over a pass, hands them to the journal under one lock at its end, and tells
// those who wait when theirs is on disk, or never will be.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "proxy/event_loop.h"

namespace proxy {

/// Waits behind the gate for one record.
class GateWaiter {
  public:
    virtual ~GateWaiter() = default;
    /// `durable` false: the record is lost, and the journal takes no more for now.
    virtual void on_gate(bool durable) = 0;
};

class OutputGate : public journal::Producer {
  public:
    /// `journal` null: nothing is written, nobody waits.
    OutputGate(journal::Journal* journal, EventLoop& loop) : journal_(journal), loop_(loop) {}

    bool is_recording() const { return journal_ != nullptr; }
    /// Whether a record handed over now would be taken.
    bool accepts() const { return !journal_ || journal_->state() == journal::State::writing; }

    /// The same of one that is essential (journal.h).
    bool accepts_essential() const { return !journal_ || journal_->takes_essential(); }

    /// A record that nobody waits for: handed over with the next one that somebody does, or after
    /// `lazy_micros`.
    void add(std::string_view payload);
    /// A record, and who is told when it is durable. At most one wait per waiter.
    enum class Claim { common, essential };
    void add(std::string_view payload, GateWaiter& waiter, Claim claim = Claim::common);
    /// The waiter is not told any more.
    void forget(const GateWaiter& waiter);

    /// At the end of every pass of the loop.
    void end_pass(std::int64_t now_micros);
    /// By when end_pass must be called again for records that wait to be handed over.
    std::int64_t next_deadline() const;
    /// Hands over what is left and waits, at most `limit_micros`, until it is durable.
    void drain(std::int64_t limit_micros);

    void wake() override { loop_.wake(); }

  private:
    struct Wait {
        std::uint64_t ordinal;
        GateWaiter* waiter;  // null: forgotten
    };
    static constexpr std::int64_t lazy_micros = 20'000;
    static constexpr std::size_t lazy_records = 256;

    void submit();
    void release();
    void fail_from(std::size_t index);
    void tell(std::size_t index, bool durable);

    journal::Journal* journal_;
    EventLoop& loop_;
    journal::Batch batch_;
    std::uint64_t handed_over_ = 0;  // ordinal of the last record the journal has taken
    bool urgent_ = false;            // somebody waits for a record of the batch
    std::int64_t oldest_micros_ = 0;
    std::vector<Wait> waits_;  // in order of ordinals, from first_ on
    std::size_t first_ = 0;
};

}  // namespace proxy
