#include "ledger/meter.h"

#include <algorithm>

#include "ledger/meter_pass.h"
#include "platform/clock.h"
#include "platform/log.h"

namespace ledger {
namespace {

using calendar::Duration;
using platform::Severity;

constexpr Duration poll_interval = Duration::seconds(1);  // what other gateways shipped
constexpr Duration longest_backoff = Duration::seconds(2);

}  // namespace

Meter::Meter(StoreOptions store, MeterShare share) : share_(share), store_(std::move(store)) {}

Meter::~Meter() {
    stop(Duration{});
}

void Meter::start() {
    thread_ = std::async(std::launch::async, [this] { run(); });
}

void Meter::notify() {
    {
        const std::lock_guard lock(mutex_);
        notified_ = true;
    }
    wake_.notify_all();
}

void Meter::stop(Duration limit) {
    if (!thread_.valid()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        stop_deadline_micros_ = platform::monotonic_micros() + limit.micros;
    }
    wake_.notify_all();
    // What it waits for may never answer.
    const auto longest = std::chrono::microseconds(limit.micros) + hang_up_after;
    if (thread_.wait_for(longest) != std::future_status::ready) store_.interrupt();
    thread_.get();
}

std::string Meter::problem() const {
    const std::lock_guard lock(mutex_);
    return problem_;
}

money::Decimal Meter::gigabyte_seconds() const {
    const std::lock_guard lock(mutex_);
    return gigabyte_seconds_;
}

void Meter::set_problem(const std::string& text) {
    std::string before;
    {
        const std::lock_guard lock(mutex_);
        before = std::exchange(problem_, text);
    }
    if (before == text) return;
    if (text.empty()) {
        platform::log(Severity::info, "ledger", "metering again");
    } else {
        platform::log(Severity::warning, "ledger", "metering waits", {{"why", text}});
    }
}

void Meter::run() {
    Duration backoff = Duration::milliseconds(50);
    while (true) {
        bool stopping = false;
        {
            const std::lock_guard lock(mutex_);
            stopping = stopping_;
            notified_ = false;
            if (stopping && platform::monotonic_micros() >= stop_deadline_micros_) return;
        }
        Duration pause = poll_interval;
        try {
            if (meter_pending(stopping) > 0) pause = Duration{};
            set_problem("");
            backoff = Duration::milliseconds(50);
        } catch (const std::exception& error) {
            set_problem(error.what());
            pause = backoff;
            backoff = std::min(Duration{backoff.micros * 2}, longest_backoff);
        }
        if (pause.micros == 0) continue;
        if (stopping) return;
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, std::chrono::microseconds(pause.micros),
                       [this] { return stopping_ || notified_; });
    }
}

int Meter::meter_pending(bool also_not_due) {
    const MeterPass pass = transact(store_, [&](Work& work) {
        return ledger::meter_pending(work, also_not_due ? PendingChoice::all : PendingChoice::due,
                                     share_);
    });
    const std::lock_guard lock(mutex_);
    gigabyte_seconds_ = gigabyte_seconds_ + pass.gigabyte_seconds;
    return pass.instances;
}

}  // namespace ledger
