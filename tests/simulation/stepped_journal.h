// The production journal without its commit thread: recovery, writer, group commit and backlog are
// the product's; each handover is committed on the caller's thread, and a batch is sealed when the
// simulation's clock says so, since a thread's clock would make two runs of one seed differ. (One
// seed in eight runs the product's own Journal::open, thread and all, sealing every commit.)
#pragma once

#include "journal/committer.h"
#include "journal/journal.h"
#include "journal/recovery.h"
#include "platform/disk.h"

namespace simulation {

class SteppedJournal final : public journal::Journal {
  public:
    SteppedJournal(platform::Disk& disk, const calendar::Clock& clock,
                   const journal::Options& options);
    ~SteppedJournal() override { close(); }

    std::uint64_t submit(journal::Producer& producer, journal::Batch& batch) override;
    journal::Sequence append_and_wait(std::string_view payload) override;
    journal::State state() const override;
    /// It has no reserve: what is essential fares like the rest.
    bool takes_essential() const override { return state() == journal::State::writing; }
    std::string failure() const override { return failure_; }
    journal::Sequence sealed_through() const override { return committer_.sealed_through(); }
    journal::Sequence next_sequence() const override { return writer_.next(); }
    std::uint64_t backlog_bytes() const override { return backlog_.bytes(); }
    void release(journal::Sequence shipped) override;
    void close() override;

    void seal();

  private:
    void commit(const journal::Handover& handover);

    platform::Disk& disk_;
    const journal::Options options_;
    const journal::Recovered recovered_;
    journal::Backlog backlog_;
    journal::Writer writer_;
    journal::Committer committer_;
    std::string failure_;
    bool closed_ = false;
};

/// Hands records over and waits until they are durable, with or without a commit thread.
class Desk : public journal::Producer {
  public:
    void wake() override;
    /// False: the journal took none of it, or nobody knows what it took.
    bool write(journal::Journal& journal, journal::Batch& batch);

  private:
    std::atomic<int> wakes_{0};
};

}  // namespace simulation
