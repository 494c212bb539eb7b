#include "ledger/meter.h"

#include <algorithm>
#include <tuple>

#include "ledger/charge_rows.h"
#include "platform/clock.h"
#include "platform/log.h"

namespace ledger {
namespace {

using calendar::Duration;
using platform::Severity;

constexpr int instances_at_once = 50;
constexpr Duration poll_interval = Duration::seconds(1);  // what other gateways shipped
constexpr Duration longest_backoff = Duration::seconds(2);

struct Pending {
    InstanceName instance;
    calendar::Instant earliest;
};

// Taken by this transaction alone; whoever ships new facts of one of them waits for its end, and
// marks it again.
std::vector<Pending> take_pending(Work& work, bool also_not_due) {
    std::vector<Pending> taken;
    for (const auto& row : work.exec_params(
             "DELETE FROM pending_instances WHERE (account_id, upstream, model) IN "
             "(SELECT account_id, upstream, model FROM pending_instances "
             "WHERE due_at <= now() OR $1 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED) "
             "RETURNING account_id, upstream, model, earliest",
             also_not_due, instances_at_once)) {
        taken.push_back({.instance = {.account = lifecycle::AccountId(row[0].as<std::string>()),
                                      .upstream = lifecycle::UpstreamId(row[1].as<std::string>()),
                                      .model = lifecycle::ModelName(row[2].as<std::string>())},
                         .earliest = read_instant(row[3])});
    }
    // Each locks its instance's name: in one order everywhere.
    std::sort(taken.begin(), taken.end(), [](const Pending& a, const Pending& b) {
        return std::tie(a.instance.upstream, a.instance.model) <
               std::tie(b.instance.upstream, b.instance.model);
    });
    return taken;
}

/// The GB-seconds that are charged now and were not before.
money::Decimal meter_instance(pqxx::dbtransaction& work, const Pending& pending) {
    pqxx::subtransaction part(work, "instance");
    // pqxx sets the savepoint at the first plain exec, not at a parametrised one.
    part.exec("SET CONSTRAINTS ALL DEFERRED");
    const Refold refold = refold_instance(part, pending.instance, pending.earliest);
    const money::Decimal charged = charge_sessions(part, pending.instance.account, refold);
    // Now, so that a violation is this instance's, not the whole transaction's.
    part.exec("SET CONSTRAINTS ALL IMMEDIATE");
    part.exec("SET CONSTRAINTS ALL DEFERRED");
    part.exec_params(
        "DELETE FROM parked_instances WHERE account_id = $1 AND upstream = $2 AND model = $3",
        pending.instance.account.text(), pending.instance.upstream.text(),
        pending.instance.model.text());
    part.commit();
    return charged;
}

void park(Work& work, const InstanceName& instance, const std::string& reason) {
    platform::log(
        Severity::error, "ledger", "instance parked",
        {{"account", instance.account.text()}, {"model", instance.model.text()}, {"why", reason}});
    work.exec_params(
        "INSERT INTO parked_instances (account_id, upstream, model, reason) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, upstream, model) "
        "DO UPDATE SET reason = excluded.reason, parked_at = now()",
        instance.account.text(), instance.upstream.text(), instance.model.text(),
        to_storable(reason));
}

// Class 22: a value that no column takes; class 23: a constraint. Anything else is not the facts'
// fault, and passes.
bool is_fault_of_facts(const pqxx::sql_error& error) {
    return error.sqlstate().starts_with("22") || error.sqlstate().starts_with("23");
}

}  // namespace

Meter::Meter(StoreOptions store) : store_(std::move(store)) {}

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
    money::Decimal charged;
    const int metered = transact(store_, [&](Work& work) {
        hold_rules(work);
        const std::vector<Pending> taken = take_pending(work, also_not_due);
        for (const Pending& pending : taken) {
            try {
                charged = charged + meter_instance(work, pending);
            } catch (const pqxx::sql_error& error) {
                if (!store_.connected() || !is_fault_of_facts(error)) throw;
                park(work, pending.instance, error.what());
            } catch (const pqxx::failure&) {
                throw;
            } catch (const std::exception& error) {
                park(work, pending.instance, error.what());
            }
        }
        return static_cast<int>(taken.size());
    });
    const std::lock_guard lock(mutex_);
    gigabyte_seconds_ = gigabyte_seconds_ + charged;
    return metered;
}

}  // namespace ledger
