// The journal's threads: producers hand over under one lock, the commit thread swaps buffers, makes
// commits and tells the producers.
#include "journal/journal.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "journal/backlog.h"
#include "journal/committer.h"
#include "journal/handover.h"
#include "journal/recovery.h"
#include "journal/segment.h"
#include "journal/writer.h"
#include "platform/clock.h"
#include "platform/disk.h"
#include "platform/log.h"

namespace journal {
namespace {

using platform::monotonic_micros;
using platform::Severity;

class LiveJournal final : public Journal {
  public:
    LiveJournal(platform::Disk& disk, const calendar::Clock& clock, Options options,
                std::shared_ptr<void> lock, const Recovered& recovered);
    ~LiveJournal() override { close(); }

    std::uint64_t submit(Producer& producer, Batch& batch) override;
    Sequence append_and_wait(std::string_view payload) override;
    State state() const override;
    bool takes_essential() const override { return has_reserve(0); }
    std::string failure() const override;
    Sequence sealed_through() const override { return sealed_through_.load(); }
    Sequence next_sequence() const override { return next_sequence_.load(); }
    std::uint64_t backlog_bytes() const override { return backlog_.bytes(); }
    void release(Sequence shipped) override;
    void close() override;

  private:
    void run();
    bool take_work();
    bool has_reserve(std::size_t more) const;
    void pace() const;
    void tell_progress();
    void fail(const std::string& what);

    // Constant after construction.
    platform::Disk& disk_;
    const Options options_;

    std::atomic<Sequence> sealed_through_;
    std::atomic<Sequence> next_sequence_;
    std::atomic<bool> failed_{false};
    std::atomic<std::uint64_t> queued_bytes_{0};
    Backlog backlog_;

    // Under mutex_.
    mutable std::mutex mutex_;
    std::condition_variable handed_over_;
    std::condition_variable appended_;
    Handover pending_;
    bool closing_ = false;
    bool idle_ = false;  // the commit thread waits for handed_over_
    std::string failure_;

    // Under release_mutex_.
    std::mutex release_mutex_;
    std::deque<Sequence> shipped_segments_;  // off the backlog, not known to be off the disk

    // Owned by the commit thread.
    Writer writer_;
    Committer committer_;
    Handover work_;
    std::int64_t last_commit_ = 0;
    std::size_t last_records_ = 0;

    std::once_flag closed_;
    std::shared_ptr<void> lock_;  // the token of Disk::try_lock
    std::thread thread_;
};

LiveJournal::LiveJournal(platform::Disk& disk, const calendar::Clock& clock, Options options,
                         std::shared_ptr<void> lock, const Recovered& recovered)
    : disk_(disk),
      options_(std::move(options)),
      sealed_through_(recovered.sealed_through),
      next_sequence_(recovered.next()),
      backlog_(recovered.segments),
      writer_(disk, options_.directory, options_.segment_bytes, recovered),
      committer_(writer_, backlog_, clock, options_.seal_interval, recovered.sealed_through),
      lock_(std::move(lock)) {
    // What an earlier life left unsealed is a batch from here on, with bounds that stay.
    committer_.seal();
    sealed_through_ = committer_.sealed_through();
    thread_ = std::thread([this] { run(); });
}

std::uint64_t LiveJournal::submit(Producer& producer, Batch& batch) {
    if (batch.empty()) return producer.submitted_;
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        const bool takes =
            batch.essential_ ? has_reserve(batch.bytes_.size()) : state() == State::writing;
        if (closing_ || !takes) {
            batch.clear();
            return 0;
        }
        producer.submitted_ += batch.size();
        pending_.add(producer, batch);
        queued_bytes_.fetch_add(batch.bytes_.size(), std::memory_order_relaxed);
        wake = std::exchange(idle_, false);
    }
    if (wake) handed_over_.notify_one();
    batch.clear();
    return producer.submitted_;
}

Sequence LiveJournal::append_and_wait(std::string_view payload) {
    if (payload.size() > max_record_bytes) throw std::length_error("a journal record too long");
    std::unique_lock lock(mutex_);
    if (failed_) throw std::runtime_error("journal failed: " + failure_);
    if (closing_) throw std::runtime_error("journal closed");
    if (state() == State::full) throw std::runtime_error("journal full");
    const std::shared_ptr<Waiter> waiter = pending_.add_waiting(payload);
    queued_bytes_.fetch_add(payload.size(), std::memory_order_relaxed);
    if (std::exchange(idle_, false)) handed_over_.notify_one();
    const bool told = appended_.wait_for(lock, std::chrono::microseconds(append_limit.micros),
                                         [&] { return waiter->result != Waiter::Result::pending; });
    if (!told) throw std::runtime_error("journal: the disk did not answer in time");
    if (waiter->result == Waiter::Result::failed) {
        throw std::runtime_error("journal failed: " + failure_);
    }
    return waiter->sequence;
}

State LiveJournal::state() const {
    if (failed_.load()) return State::failed;
    const bool full = backlog_.bytes() >= options_.backlog_limit_bytes ||
                      queued_bytes_.load(std::memory_order_relaxed) >= options_.queue_limit_bytes ||
                      writer_.preparer().lacks_space();
    return full ? State::full : State::writing;
}

/// For essential batches, `more` bytes of them. On a disk without space it is what is left of the
/// segment, framing allowed for: nothing may wait there for the next one.
bool LiveJournal::has_reserve(std::size_t more) const {
    const std::uint64_t queued = queued_bytes_.load(std::memory_order_relaxed);
    if (failed_.load() || queued >= options_.queue_limit_bytes) return false;
    if (writer_.preparer().lacks_space() && 2 * (queued + more) + 1'024 > writer_.room())
        return false;
    return backlog_.bytes() + queued < options_.backlog_limit_bytes + options_.reserve_bytes;
}

std::string LiveJournal::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

void LiveJournal::release(Sequence shipped) {
    const std::lock_guard lock(release_mutex_);
    for (const Sequence first : backlog_.release(shipped)) shipped_segments_.push_back(first);
    const bool some = !shipped_segments_.empty();
    // One at a time and in order, so that a crash leaves no gap among those that stay. One that
    // cannot go holds up those behind it until the next release, for the same reason.
    while (!shipped_segments_.empty()) {
        remove_if_present(disk_, segment_path(options_.directory, shipped_segments_.front()));
        disk_.sync_directory(options_.directory);
        shipped_segments_.pop_front();
    }
    if (some) writer_.preparer().retry();
}

void LiveJournal::close() {
    std::call_once(closed_, [this] {
        {
            const std::lock_guard lock(mutex_);
            closing_ = true;
        }
        handed_over_.notify_one();
        // Records that wait for space on the disk wait no longer: nobody was told that they are
        // durable.
        writer_.preparer().give_up();
        thread_.join();
        writer_.preparer().stop();
        lock_.reset();
    });
}

void LiveJournal::run() {
    try {
        bool more = true;
        while (more) {
            pace();
            more = take_work();
            last_commit_ = monotonic_micros();
            last_records_ = work_.lengths.size();
            // Before the clock is read for them: see next_sequence().
            next_sequence_ = writer_.next() + work_.lengths.size();
            committer_.commit(work_);
            if (!more || monotonic_micros() >= committer_.seal_due()) committer_.seal();
            tell_progress();
        }
    } catch (const std::exception& error) {
        fail(error.what());
    }
}

/// Waits for records, for the time to seal, or for close(); false for the last.
bool LiveJournal::take_work() {
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return !pending_.empty() || closing_; };
    while (!ready()) {
        idle_ = true;
        if (!committer_.has_unsealed()) {
            handed_over_.wait(lock);
            continue;
        }
        const std::int64_t left = committer_.seal_due() - monotonic_micros();
        if (left <= 0) break;
        handed_over_.wait_for(lock, std::chrono::microseconds(left));
    }
    idle_ = false;
    std::swap(pending_, work_);
    return !closing_;
}

/// While commits are well filled, the next waits for more records to share it; but not where none
/// come any more, because all who could send some wait for this commit.
void LiveJournal::pace() const {
    if (last_records_ < options_.busy_records) return;
    std::size_t before = 0;
    while (true) {
        const std::int64_t left = last_commit_ + options_.busy_pace.micros - monotonic_micros();
        if (left <= 0) return;
        {
            const std::lock_guard lock(mutex_);
            const std::size_t waiting = pending_.lengths.size();
            if (closing_ || (waiting > 0 && waiting == before)) return;
            before = waiting;
        }
        const std::int64_t nap = std::min(left, options_.busy_lull.micros);
        std::this_thread::sleep_for(std::chrono::microseconds(nap));
    }
}

void LiveJournal::tell_progress() {
    sealed_through_ = committer_.sealed_through();
    queued_bytes_.fetch_sub(work_.payloads.size(), std::memory_order_relaxed);
    for (const Handover::Mark& mark : work_.marks) {
        mark.producer->durable_.store(mark.ordinal, std::memory_order_seq_cst);
        if (mark.producer->armed_.exchange(false)) mark.producer->wake();
    }
    if (!work_.waiters.empty()) {
        const Sequence first = writer_.next() - work_.lengths.size();
        const std::lock_guard lock(mutex_);
        for (const auto& waiter : work_.waiters) {
            waiter->sequence = first + waiter->index;
            waiter->result = Waiter::Result::durable;
        }
        appended_.notify_all();
    }
    work_.clear();
}

void LiveJournal::fail(const std::string& what) {
    platform::log(Severity::error, "journal", "failed, takes nothing more", {{"error", what}});
    {
        const std::lock_guard lock(mutex_);
        failure_ = what;
        failed_ = true;
        for (Handover* lost : {&work_, &pending_}) {
            for (const auto& waiter : lost->waiters) waiter->result = Waiter::Result::failed;
        }
        appended_.notify_all();
    }
    for (const Handover* lost : {&work_, &pending_}) {
        for (const Handover::Mark& mark : lost->marks) mark.producer->wake();
    }
}

}  // namespace

std::unique_ptr<Journal> Journal::open(platform::Disk& disk, const calendar::Clock& clock,
                                       Options options) {
    disk.make_directories(options.directory);
    const std::string lock_path = options.directory + "/lock";
    std::shared_ptr<void> lock = disk.try_lock(lock_path);
    if (!lock) {
        std::string holder = disk.open(lock_path, platform::Disk::Mode::read)->read_at(0, 20);
        while (!holder.empty() && holder.back() == '\n') holder.pop_back();
        throw std::runtime_error("another process" + (holder.empty() ? "" : " (" + holder + ")") +
                                 " holds " + lock_path);
    }
    const Recovered recovered = recover(disk, options.directory);
    return std::make_unique<LiveJournal>(disk, clock, std::move(options), std::move(lock),
                                         recovered);
}

}  // namespace journal
