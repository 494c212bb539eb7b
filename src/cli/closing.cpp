#include "cli/closing.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <mutex>
#include <thread>

namespace cli {
namespace {

// Accounts in one transaction: enough that its commit does not count, few enough that nobody waits
// for long and that a closing that is broken off has got somewhere.
constexpr std::size_t most_at_once = 200;
constexpr std::size_t parts_of_a_job = 8;
constexpr int most_attempts = 4;

class Closing {
  public:
    Closing(const std::vector<ledger::Account>& accounts, const ClosingOptions& options,
            const OnClosed& on_closed)
        : accounts_(accounts),
          options_(options),
          on_closed_(on_closed),
          jobs_(std::clamp<std::size_t>(options.jobs, 1, accounts.size())),
          at_once_(
              std::clamp<std::size_t>(accounts.size() / jobs_ / parts_of_a_job, 1, most_at_once)) {}

    void run() {
        std::vector<std::future<void>> threads;
        for (std::size_t i = 0; i < jobs_; ++i)
            threads.push_back(std::async(std::launch::async, [this] { work(); }));
        for (auto& thread : threads) thread.wait();
        for (auto& thread : threads) thread.get();
    }

  private:
    void work() try {
        ledger::Store store(options_.store);
        while (!failed_) {
            const std::size_t first = next_.fetch_add(at_once_);
            if (first >= accounts_.size()) return;
            const std::size_t last = std::min(first + at_once_, accounts_.size());
            const auto offset = [&](std::size_t i) {
                return accounts_.begin() + static_cast<std::ptrdiff_t>(i);
            };
            const std::vector<ledger::Account> some(offset(first), offset(last));
            const auto closings = close(store, some);
            const std::lock_guard lock(mutex_);
            for (std::size_t i = 0; i < some.size(); ++i) on_closed_(some[i], closings[i]);
        }
    } catch (...) {
        failed_ = true;
        throw;
    }

    /// A lock that others held for long, or a deadlock with them, passes: nothing was done yet. A
    /// commit in doubt is for the operator to see, with what it may have issued.
    std::vector<ledger::Closing> close(ledger::Store& store,
                                       const std::vector<ledger::Account>& some) const {
        for (int attempt = 1;; ++attempt) {
            try {
                return ledger::close_months(store, some, options_.month, options_.terms,
                                            options_.now);
            } catch (const ledger::CommitInDoubt&) {
                throw;
            } catch (const ledger::Unavailable&) {
                if (attempt == most_attempts) throw;
                std::this_thread::sleep_for(std::chrono::milliseconds(100 * attempt));
            }
        }
    }

    const std::vector<ledger::Account>& accounts_;
    const ClosingOptions& options_;
    const OnClosed& on_closed_;
    const std::size_t jobs_;
    const std::size_t at_once_;
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
