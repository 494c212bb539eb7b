#include "proxy/errands.h"

namespace proxy {

std::function<void(bool)> Errands::begin(GateWaiter& waiter) {
    const std::uint64_t errand = next_++;
    waiters_.emplace(errand, &waiter);
    return [this, errand](bool done) { finish(errand, done); };
}

void Errands::forget(const GateWaiter& waiter) {
    std::erase_if(waiters_, [&](const auto& entry) { return entry.second == &waiter; });
}

void Errands::finish(std::uint64_t errand, bool done) {
    {
        const std::lock_guard lock(mutex_);
        finished_.emplace_back(errand, done);
    }
    any_finished_.store(true);
    loop_.wake();
}

void Errands::end_pass() {
    while (any_finished_.exchange(false)) {
        std::vector<std::pair<std::uint64_t, bool>> finished;
        {
            const std::lock_guard lock(mutex_);
            finished.swap(finished_);
        }
        // Those told may begin further errands.
        for (const auto& [errand, done] : finished) {
            const auto found = waiters_.find(errand);
            if (found == waiters_.end()) continue;  // forgotten
            GateWaiter* const waiter = found->second;
            waiters_.erase(found);
            waiter->on_gate(done);
        }
    }
}

}  // namespace proxy
