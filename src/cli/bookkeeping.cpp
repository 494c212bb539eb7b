#include "cli/bookkeeping.h"

#include <chrono>
#include <exception>

#include "ledger/checkpoints.h"
#include "ledger/plans.h"
#include "platform/log.h"

namespace cli {
namespace {

constexpr std::chrono::seconds retry_interval{2};
constexpr calendar::Duration partition_interval = calendar::Duration::seconds(6 * 3600);
// By the newest in the ledger, whoever made it: several gateways make one a day together.
constexpr calendar::Duration checkpoint_interval = calendar::Duration::seconds(24 * 3600);

ledger::ShipperOptions shipper_options(const BookkeepingOptions& options) {
    ledger::ShipperOptions shipper;
    shipper.gateway = options.gateway;
    shipper.make_accounts = options.make_accounts;
    shipper.currency = options.currency;
    return shipper;
}

}  // namespace

Bookkeeping::Bookkeeping(const Database& database, BookkeepingOptions options,
                         platform::SigningKey key, ledger::BatchSource& source,
                         const calendar::Clock& clock)
    : database_(database),
      options_(std::move(options)),
      signing_key_(std::move(key)),
      clock_(clock),
      store_(database.store_options()),
      meters_{ledger::Meter(database.store_options(), {.index = 0, .count = 2}),
              ledger::Meter(database.store_options(), {.index = 1, .count = 2})},
      shipper_(database.store_options(), shipper_options(options_), source, clock, [this] {
          for (ledger::Meter& meter : meters_) meter.notify();
      }) {
    try {
        prepare();
    } catch (const ledger::Unavailable& away) {
        platform::log(platform::Severity::warning, "ledger",
                      "the database is away; facts wait in the journal", {{"why", away.what()}});
    }
    thread_ = std::async(std::launch::async, [this] { run(); });
}

Bookkeeping::~Bookkeeping() {
    stop();
}

void Bookkeeping::prepare() {
    if (database_.is_embedded()) database_.migrate();
    store_.check_schema();
    prepare_partitions();
    ledger::add_plan(store_, options_.plan_document);
    ledger::set_default_plan(store_, options_.plan_name, clock_.now());
    for (ledger::Meter& meter : meters_) meter.start();
    shipper_.start();
    prepared_ = true;
    const std::lock_guard lock(mutex_);
    well_ = true;
}

void Bookkeeping::prepare_partitions() {
    store_.prepare_partitions(clock_.now());
    partitions_due_ = clock_.now() + partition_interval;
}

void Bookkeeping::make_checkpoint_when_due() {
    if (clock_.now() < checkpoint_due_) return;
    const auto newest = ledger::find_newest_checkpoint(store_);
    if (!newest || *newest + checkpoint_interval <= clock_.now()) {
        ledger::make_checkpoint(store_, signing_key_, clock_.now());
        checkpoint_due_ = clock_.now() + checkpoint_interval;
    } else {
        checkpoint_due_ = *newest + checkpoint_interval;
    }
}

void Bookkeeping::index_months_when_due() {
    if (clock_.now() < indexes_due_) return;
    store_.index_finished_months(clock_.now());
    indexes_due_ = clock_.now() + partition_interval;
}

void Bookkeeping::run() {
    std::string said;
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, retry_interval, [this] { return stopping_; })) {
        lock.unlock();
        std::string trouble;
        try {
            if (!prepared_)
                prepare();
            else if (clock_.now() >= partitions_due_)
                prepare_partitions();
            if (prepared_) make_checkpoint_when_due();
            if (prepared_) index_months_when_due();
            trouble = shipper_.problem();
        } catch (const std::exception& error) {
            trouble = error.what();
        }
        if (!trouble.empty() && trouble != said && !prepared_)
            platform::log(platform::Severity::warning, "ledger", "cannot be prepared yet",
                          {{"why", trouble}});
        said = trouble;
        lock.lock();
        well_ = trouble.empty();
    }
}

void Bookkeeping::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.valid()) {
        if (thread_.wait_for(ledger::hang_up_after) != std::future_status::ready)
            store_.interrupt();
        thread_.get();
    }
    shipper_.stop();
    auto other = std::async(std::launch::async, [this] { meters_[1].stop(); });
    meters_[0].stop();
    other.get();
}

bool Bookkeeping::is_well() const {
    const std::lock_guard lock(mutex_);
    return well_ && shipper_.problem().empty();
}

}  // namespace cli
