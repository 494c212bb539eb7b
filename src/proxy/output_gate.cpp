#include "proxy/output_gate.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "platform/clock.h"
#include "platform/log.h"

namespace proxy {

void OutputGate::add(std::string_view payload) {
    if (!journal_) return;
    if (batch_.empty()) oldest_micros_ = loop_.now_micros();
    batch_.add(payload);
}

void OutputGate::add(std::string_view payload, GateWaiter& waiter, Claim claim) {
    add(payload);
    if (claim == Claim::essential) batch_.essential_ = true;
    urgent_ = true;
    waits_.push_back({handed_over_ + batch_.size(), &waiter});
}

void OutputGate::forget(const GateWaiter& waiter) {
    for (std::size_t i = first_; i < waits_.size(); ++i) {
        if (waits_[i].waiter == &waiter) waits_[i].waiter = nullptr;
    }
}

void OutputGate::tell(std::size_t index, bool durable) {
    GateWaiter* const waiter = std::exchange(waits_[index].waiter, nullptr);
    if (waiter) waiter->on_gate(durable);
}

/// Those who wait from `index` on wait in vain. Telling them may add further records and waits.
void OutputGate::fail_from(std::size_t index) {
    const std::vector<Wait> lost(waits_.begin() + static_cast<std::ptrdiff_t>(index), waits_.end());
    waits_.resize(index);
    for (const Wait& wait : lost) {
        if (wait.waiter) wait.waiter->on_gate(false);
    }
}

void OutputGate::submit() {
    urgent_ = false;
    if (batch_.empty()) return;
    const std::size_t count = batch_.size();
    const std::uint64_t last = journal_->submit(*this, batch_);
    batch_.clear();
    if (last != 0) {
        handed_over_ = last;
        return;
    }
    platform::log(platform::Severity::error, "proxy", "records are lost, the journal takes none",
                  {{"records", static_cast<std::uint64_t>(count)}});
    std::size_t index = first_;
    while (index < waits_.size() && waits_[index].ordinal <= handed_over_) ++index;
    fail_from(index);
}

void OutputGate::release() {
    while (first_ < waits_.size() && waits_[first_].ordinal <= handed_over_) {
        if (waits_[first_].ordinal > durable()) {
            arm();
            if (waits_[first_].ordinal > durable()) break;
        }
        tell(first_++, true);
    }
    if (first_ < waits_.size() && journal_->state() == journal::State::failed) fail_from(first_);
    if (first_ == waits_.size()) {
        waits_.clear();
        first_ = 0;
    } else if (first_ > 4096 && first_ * 2 > waits_.size()) {
        waits_.erase(waits_.begin(), waits_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

void OutputGate::end_pass(std::int64_t now_micros) {
    if (!journal_) return;
    do {
        const bool is_due = !batch_.empty() && (batch_.size() >= lazy_records ||
                                                now_micros - oldest_micros_ >= lazy_micros);
        if (urgent_ || is_due) submit();
        if (first_ < waits_.size()) release();
        // What was released may have begun new calls, whose records are better written now.
    } while (urgent_);
}

std::int64_t OutputGate::next_deadline() const {
    return batch_.empty() ? std::numeric_limits<std::int64_t>::max() : oldest_micros_ + lazy_micros;
}

void OutputGate::drain(std::int64_t limit_micros) {
    if (!journal_) return;
    submit();
    const std::int64_t deadline = platform::monotonic_micros() + limit_micros;
    while (durable() < handed_over_ && journal_->state() != journal::State::failed) {
        const std::int64_t now = platform::monotonic_micros();
        if (now >= deadline) break;
        arm();
        if (durable() < handed_over_) loop_.run_pass(std::min(deadline, now + 50'000));
    }
}

}  // namespace proxy
