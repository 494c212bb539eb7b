// A journal that keeps payloads in memory, and refuses when told.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "lifecycle/fact_json.h"

namespace watcher {

class CollectingJournal : public journal::Journal {
  public:
    using Facts = std::vector<lifecycle::Fact>;

    journal::Sequence append_and_wait(std::string_view payload) override {
        const std::lock_guard lock(mutex_);
        if (refusing_) throw std::runtime_error("journal full");
        facts_.push_back(lifecycle::parse_fact(payload));
        text_ += payload;
        changed_.notify_all();
        return facts_.size();
    }
    std::uint64_t submit(journal::Producer&, journal::Batch&) override { return 0; }
    journal::State state() const override { return journal::State::writing; }
    bool takes_essential() const override { return true; }
    std::string failure() const override { return {}; }
    journal::Sequence sealed_through() const override { return 0; }
    journal::Sequence next_sequence() const override { return 1; }
    std::uint64_t backlog_bytes() const override { return 0; }
    void release(journal::Sequence) override {}
    void close() override {}

    void refuse(bool refusing) {
        const std::lock_guard lock(mutex_);
        refusing_ = refusing;
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        facts_.clear();
    }
    Facts facts() const {
        const std::lock_guard lock(mutex_);
        return facts_;
    }
    std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }
    /// Whether it comes to hold of the facts within ten seconds.
    bool wait_until(const std::function<bool(const Facts&)>& holds) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return holds(facts_); });
    }

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    Facts facts_;
    std::string text_;
    bool refusing_ = false;
};

}  // namespace watcher
