#include "simulation/stepped_journal.h"

#include "journal/segment.h"

namespace simulation {
namespace {

/// Long enough that the real clock never seals a batch.
constexpr calendar::Duration never_by_itself = calendar::Duration::seconds(1'000'000);

}  // namespace

SteppedJournal::SteppedJournal(platform::Disk& disk, const calendar::Clock& clock,
                               const journal::Options& options)
    : disk_(disk),
      options_(options),
      recovered_(journal::recover(disk, options.directory)),
      backlog_(recovered_.segments),
      writer_(disk, options.directory, options.segment_bytes, recovered_),
      committer_(writer_, backlog_, clock, never_by_itself, recovered_.sealed_through) {
    committer_.seal();
}

void SteppedJournal::commit(const journal::Handover& handover) {
    try {
        committer_.commit(handover);
    } catch (const std::exception& error) {
        failure_ = error.what();
        throw;
    }
}

std::uint64_t SteppedJournal::submit(journal::Producer& producer, journal::Batch& batch) {
    if (batch.empty()) return producer.submitted_;
    if (closed_ || state() != journal::State::writing) {
        batch.clear();
        return 0;
    }
    producer.submitted_ += batch.size();
    journal::Handover handover;
    handover.add(producer, batch);
    batch.clear();
    try {
        commit(handover);
        producer.durable_ = producer.submitted_;
    } catch (const std::exception&) {
        // As with the thread: durable() stays, and the state tells why.
    }
    return producer.submitted_;
}

journal::Sequence SteppedJournal::append_and_wait(std::string_view payload) {
    if (closed_ || state() != journal::State::writing)
        throw std::runtime_error("the journal takes nothing: " + failure_);
    journal::Handover handover;
    handover.add_waiting(payload);
    commit(handover);
    return writer_.next() - 1;
}

journal::State SteppedJournal::state() const {
    if (!failure_.empty()) return journal::State::failed;
    return backlog_.bytes() >= options_.backlog_limit_bytes ? journal::State::full
                                                            : journal::State::writing;
}

void SteppedJournal::release(journal::Sequence shipped) {
    for (const journal::Sequence first : backlog_.release(shipped)) {
        disk_.remove(journal::segment_path(options_.directory, first));
        disk_.sync_directory(options_.directory);
    }
}

void SteppedJournal::seal() {
    if (closed_ || !failure_.empty()) return;
    try {
        committer_.seal();
    } catch (const std::exception& error) {
        failure_ = error.what();
    }
}

void SteppedJournal::close() {
    seal();
    closed_ = true;
    writer_.preparer().give_up();
    writer_.preparer().stop();
}

void Desk::wake() {
    wakes_.fetch_add(1);
    wakes_.notify_all();
}

bool Desk::write(journal::Journal& journal, journal::Batch& batch) {
    const std::uint64_t ordinal = journal.submit(*this, batch);
    if (ordinal == 0) return false;
    while (durable() < ordinal) {
        const int seen = wakes_.load();
        arm();
        if (durable() >= ordinal) return true;
        if (journal.state() == journal::State::failed) return false;
        wakes_.wait(seen);
    }
    return true;
}

}  // namespace simulation
