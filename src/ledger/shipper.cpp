#include "ledger/shipper.h"

#include "ledger/postgres_books.h"
#include "platform/clock.h"
#include "platform/log.h"

namespace ledger {
namespace {

using calendar::Duration;
using platform::Severity;

constexpr Duration first_backoff = Duration::milliseconds(50);

}  // namespace

Shipper::Shipper(std::unique_ptr<FactBooks> books, ShipperOptions options, BatchSource& source,
                 const calendar::Clock& clock, std::function<void()> on_shipped)
    : options_(std::move(options)),
      source_(source),
      clock_(clock),
      on_shipped_(std::move(on_shipped)),
      books_(std::move(books)),
      waiting_(source, options_.enough_records) {}

Shipper::Shipper(StoreOptions store, ShipperOptions options, BatchSource& source,
                 const calendar::Clock& clock, std::function<void()> on_shipped)
    : Shipper(std::make_unique<PostgresBooks>(std::move(store)), std::move(options), source, clock,
              std::move(on_shipped)) {}

Shipper::~Shipper() {
    stop(Duration{});
}

void Shipper::start() {
    thread_ = std::async(std::launch::async, [this] { run(); });
}

void Shipper::stop(Duration drain_limit) {
    if (!thread_.valid()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        drain_deadline_micros_ = platform::monotonic_micros() + drain_limit.micros;
    }
    wake_.notify_all();
    // What it waits for may never answer.
    const auto longest = std::chrono::microseconds(drain_limit.micros) + hang_up_after;
    if (thread_.wait_for(longest) != std::future_status::ready) books_->interrupt();
    thread_.get();
}

std::string Shipper::problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
}

// Said once when it begins, once when it changes, once when it is over.
void Shipper::set_problem(const std::string& text) {
    std::string before;
    {
        const std::lock_guard lock(mutex_);
        before = std::exchange(problem_, text);
    }
    if (before == text) return;
    if (text.empty()) {
        platform::log(Severity::info, "ledger", "shipping again", {{"shipped", shipped_.load()}});
    } else {
        platform::log(Severity::warning, "ledger", "facts wait in the journal", {{"why", text}});
    }
}

/// False when stopping, at once.
bool Shipper::wait(Duration time) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, std::chrono::microseconds(time.micros),
                           [this] { return stopping_; });
}

void Shipper::run() {
    ship_until_stopped();
    sign_off();
    waiting_.drop();  // nothing touches the source after a stop
}

// So that nobody who closes a month waits for a gateway that ended in order.
void Shipper::sign_off() try {
    const calendar::Instant now = clock_.now();
    if (registered_ && source_.next_sequence() == shipped_.load() + 1)
        books_->sign_off(options_.gateway, now);
} catch (const std::exception& error) {
    platform::log(Severity::warning, "ledger", "the gateway could not sign off",
                  {{"why", error.what()}});
}

void Shipper::ship_until_stopped() {
    Duration backoff = first_backoff;
    while (true) {
        Duration pause = options_.poll_interval;
        try {
            if (step()) pause = Duration{};
            set_problem("");
            backoff = first_backoff;
        } catch (const std::exception& error) {
            set_problem(error.what());
            pause = backoff;
            backoff = std::min(Duration{backoff.micros * 2}, options_.longest_backoff);
        }
        if (pause.micros > 0) {
            if (!wait(pause)) return;
        } else {
            const std::lock_guard lock(mutex_);
            if (stopping_ && platform::monotonic_micros() >= drain_deadline_micros_) return;
        }
    }
}

bool Shipper::step() {
    if (ship_next()) return true;
    if (platform::monotonic_micros() >= next_heartbeat_micros_) heartbeat();
    return false;
}

void Shipper::register_gateway() {
    if (registered_) return;
    waiting_.drop();  // the mark may be elsewhere
    const journal::Sequence mark = books_->register_gateway(options_.gateway, clock_.now());
    if (mark >= source_.next_sequence()) {
        throw std::runtime_error(
            "this journal ends at record " + std::to_string(source_.next_sequence() - 1) +
            ", but the ledger holds " + std::to_string(mark) + " of gateway " +
            options_.gateway.text() +
            ": it is not the journal that was shipped; restore it, or remove the data directory's "
            "gateway-id together with the journal to begin as a new gateway");
    }
    shipped_.store(mark);
    source_.release(mark);
    registered_ = true;
}

bool Shipper::ship_next() {
    register_gateway();
    auto batch = waiting_.take(shipped_.load());
    if (!batch) return false;
    waiting_.prepare_after(*batch);
    const journal::Sequence first = batch->first;
    const journal::Sequence last = batch->last;
    const PostingRules rules{.make_accounts = options_.make_accounts,
                             .currency = options_.currency};
    // Until it is known how this ends, only the mark says what the ledger holds: a commit in doubt
    // may have taken place, and a ledger may be another one, or restored from a backup.
    registered_ = false;
    const Posting posting = books_->post(options_.gateway, *std::move(batch), rules);
    if (posting == Posting::gap) {
        throw std::runtime_error("the ledger does not hold what precedes record " +
                                 std::to_string(first) + " of gateway " + options_.gateway.text());
    }
    registered_ = true;
    shipped_.store(last);
    waiting_.settle();
    source_.release(last);
    if (on_shipped_) on_shipped_();
    return true;
}

// `now` is read before the journal is asked: if nothing is unshipped after that, nothing recorded
// before `now` is.
void Shipper::heartbeat() {
    register_gateway();
    const calendar::Instant now = clock_.now();
    const bool all_shipped = source_.next_sequence() == shipped_.load() + 1;
    books_->heartbeat(options_.gateway, now, all_shipped);
    next_heartbeat_micros_ = platform::monotonic_micros() + options_.heartbeat_interval.micros;
}

}  // namespace ledger
