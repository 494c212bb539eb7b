// The part of `serve` that needs the database: brings the schema, the plan and the partitions in
// order as soon as the database answers, then runs shipper and meter, and signs a
// checkpoint a day. Owns their threads and its
// own, which goes on trying while the database is away.
#pragma once

#include <array>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>

#include "calendar/clock.h"
#include "cli/database.h"
#include "ledger/batch_source.h"
#include "ledger/meter.h"
#include "ledger/shipper.h"
#include "platform/signing.h"

namespace cli {

struct BookkeepingOptions {
    lifecycle::GatewayId gateway;
    std::string plan_name;
    std::string plan_document;
    std::string currency;        // of accounts that come into being by themselves
    bool make_accounts = false;  // passthrough
};

class Bookkeeping {
  public:
    /// Throws ledger::Refused when the database answers and its schema is not one for this binary.
    Bookkeeping(const Database& database, BookkeepingOptions options, platform::SigningKey key,
                ledger::BatchSource& source, const calendar::Clock& clock);
    ~Bookkeeping();  // stops

    /// After shipping what the journal holds, for as long as the database takes it, 10 s at most.
    void stop();
    /// Facts reach the ledger. Thread-safe.
    bool is_well() const;
    /// Charged since the start (Meter). Thread-safe.
    money::Decimal gigabyte_seconds() const {
        return meters_[0].gigabyte_seconds() + meters_[1].gigabyte_seconds();
    }

  private:
    void run();
    void prepare();
    void prepare_partitions();
    void make_checkpoint_when_due();
    void index_months_when_due();

    // Constant after construction.
    const Database& database_;
    const BookkeepingOptions options_;
    const platform::SigningKey signing_key_;
    const calendar::Clock& clock_;

    // Owned by the thread, once it runs.
    ledger::Store store_;
    bool prepared_ = false;
    calendar::Instant partitions_due_;
    calendar::Instant checkpoint_due_;
    calendar::Instant indexes_due_;
    std::array<ledger::Meter, 2> meters_;
    ledger::Shipper shipper_;

    mutable std::mutex mutex_;
    // Under `mutex_`.
    std::condition_variable wake_;
    bool stopping_ = false;
    bool well_ = false;
    std::future<void> thread_;  // its end
};

}  // namespace cli
