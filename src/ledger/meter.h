// The meter: folds the facts of touched instances into sessions, and rates what changed into
// charges. Owns nothing that cannot be made again: what it has to do is in the database
// (pending_instances, written with the facts), so a crash loses no work and repeats none.
#pragma once

#include <condition_variable>
#include <future>
#include <mutex>
#include <string>

#include "ledger/meter_share.h"
#include "ledger/store.h"
#include "money/decimal.h"

namespace ledger {

class Meter {
  public:
    explicit Meter(StoreOptions store, MeterShare share = {});
    ~Meter();

    void start();
    /// Ends the thread after what is pending, no longer than `limit` if the database is slow.
    /// Idempotent.
    void stop(calendar::Duration limit = calendar::Duration::seconds(10));
    /// There are new facts. Any thread.
    void notify();
    /// What keeps it from metering; empty while all is well. Thread-safe.
    std::string problem() const;
    /// GB-seconds charged by this meter since it was made; what was taken back is not subtracted.
    /// Thread-safe.
    money::Decimal gigabyte_seconds() const;

    /// One transaction (meter_pass.h): folds and rates some pending instances, the due ones (or
    /// all); how many. Throws Unavailable.
    int meter_pending(bool also_not_due = false);

  private:
    void run();
    void set_problem(const std::string& text);

    const MeterShare share_;

    // Owned by the meter's thread.
    Store store_;
    std::future<void> thread_;  // its end

    mutable std::mutex mutex_;
    // Under `mutex_`.
    std::condition_variable wake_;
    bool notified_ = false;
    bool stopping_ = false;
    std::int64_t stop_deadline_micros_ = 0;
    std::string problem_;
    money::Decimal gigabyte_seconds_;
};

}  // namespace ledger
