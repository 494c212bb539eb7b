#include "cli/closing.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>

namespace cli {
namespace {

class Closing {
  public:
    Closing(const std::vector<ledger::Account>& accounts, const ClosingOptions& options,
            const OnClosed& on_closed)
        : accounts_(accounts), options_(options), on_closed_(on_closed) {}

    void run() {
        std::vector<std::future<void>> threads;
        const std::size_t jobs = std::clamp<std::size_t>(options_.jobs, 1, accounts_.size());
        for (std::size_t i = 0; i < jobs; ++i)
            threads.push_back(std::async(std::launch::async, [this] { work(); }));
        for (auto& thread : threads) thread.wait();
        for (auto& thread : threads) thread.get();
    }

  private:
    void work() try {
        ledger::Store store(options_.store);
        while (!failed_) {
            const std::size_t i = next_++;
            if (i >= accounts_.size()) return;
            const ledger::Account& account = accounts_[i];
            const auto closing =
                ledger::close_month(store, account, options_.month, options_.terms, options_.now);
            const std::lock_guard lock(mutex_);
            on_closed_(account, closing);
        }
    } catch (...) {
        failed_ = true;
        throw;
    }

    const std::vector<ledger::Account>& accounts_;
    const ClosingOptions& options_;
    const OnClosed& on_closed_;
    std::mutex mutex_;  // of on_closed_
    std::atomic<std::size_t> next_ = 0;
    std::atomic<bool> failed_ = false;
};

}  // namespace

void close_each(const std::vector<ledger::Account>& accounts, const ClosingOptions& options,
                const OnClosed& on_closed) {
    if (!accounts.empty()) Closing(accounts, options, on_closed).run();
}

}  // namespace cli
