#include "ledger/meter_pass.h"

#include <nlohmann/json.hpp>
#include <span>

#include "ledger/charge_rows.h"
#include "ledger/refold.h"
#include "platform/clock.h"
#include "platform/log.h"

namespace ledger {
namespace {

using money::Decimal;
using Instances = std::span<const TouchedInstance>;

// Taken by this transaction alone; whoever ships new facts of one of them waits for its end, and
// marks it again. The instances' own lock (hold_instances) comes first, where nobody has it: who
// holds it may be about to mark these rows, and would wait for what waits for him.
std::vector<TouchedInstance> take_pending(Work& work, PendingChoice choice, MeterShare share,
                                          int at_most) {
    std::vector<TouchedInstance> taken;
    for (const auto& row : work.exec_params(
             "WITH wanted AS MATERIALIZED (SELECT account_id, upstream, model FROM "
             "pending_instances WHERE (due_at <= now() OR $1) AND ($3 = 1 OR "
             "mod(hashtext(upstream || chr(10) || model)::bigint + 2147483648, $3) = $4) "
             "ORDER BY due_at, account_id, upstream, model LIMIT $2), held AS MATERIALIZED "
             "(SELECT upstream, model FROM (SELECT DISTINCT upstream, model FROM wanted) w WHERE "
             "pg_try_advisory_xact_lock(hashtext(upstream), hashtext(model))) "
             "DELETE FROM pending_instances WHERE (account_id, upstream, model) IN "
             "(SELECT p.account_id, p.upstream, p.model FROM pending_instances p JOIN wanted "
             "USING (account_id, upstream, model) JOIN held USING (upstream, model) "
             "FOR UPDATE OF p SKIP LOCKED) RETURNING account_id, upstream, model, earliest",
             choice == PendingChoice::all, at_most, share.count, share.index)) {
        taken.push_back({.name = {.account = lifecycle::AccountId(row[0].as<std::string>()),
                                  .upstream = lifecycle::UpstreamId(row[1].as<std::string>()),
                                  .model = lifecycle::ModelName(row[2].as<std::string>())},
                         .earliest = read_instant(row[3])});
    }
    return taken;
}

/// What `act` does, undone if it throws or leaves a constraint violated.
template <class Act>
auto in_part(Work& work, Act act) {
    pqxx::subtransaction part(work, "part");
    // pqxx sets the savepoint at the first plain exec, not at a parametrised one.
    part.exec("SET CONSTRAINTS ALL DEFERRED");
    auto result = act(part);
    // Now, so that a violation is this part's, not the whole transaction's.
    part.exec("SET CONSTRAINTS ALL IMMEDIATE");
    part.exec("SET CONSTRAINTS ALL DEFERRED");
    part.commit();
    return result;
}

// Class 22: a value that no column takes; class 23: a constraint. Anything else is not the facts'
// fault, and passes.
bool is_fault_of_facts(const pqxx::sql_error& error) {
    return error.sqlstate().starts_with("22") || error.sqlstate().starts_with("23");
}

/// Why the facts do not go into the books; empty: they do.
template <class Act>
std::string find_fault(Work& work, Act act) {
    try {
        act();
        return {};
    } catch (const pqxx::sql_error& error) {
        if (!work.conn().is_open() || !is_fault_of_facts(error)) throw;
        return error.what();
    } catch (const pqxx::failure&) {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    }
}

void park(Work& work, const InstanceName& instance, const std::string& reason) {
    platform::log(
        platform::Severity::error, "ledger", "instance parked",
        {{"account", instance.account.text()}, {"model", instance.model.text()}, {"why", reason}});
    work.exec_params(
        "INSERT INTO parked_instances (account_id, upstream, model, reason) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, upstream, model) "
        "DO UPDATE SET reason = excluded.reason, parked_at = now()",
        instance.account.text(), instance.upstream.text(), to_storable(instance.model.text()),
        to_storable(reason));
}

class Passing {
  public:
    Passing(Work& work, const PassLimits& limits)
        : work_(work),
          limits_(limits),
          ends_at_micros_(platform::monotonic_micros() + limits.time.micros) {}

    /// Many at once; where that fails each half by itself, until the one is found whose fault it
    /// is.
    void meter(Instances instances) {
        if (instances.size() == 1) return meter_in_turn(instances.front());
        std::vector<std::size_t> left;
        const std::string fault = find_fault(work_, [&] { left = meter_together(instances); });
        if (fault.empty()) {
            for (const std::size_t place : left) meter_in_turn(instances[place]);
        } else {
            meter(instances.first(instances.size() / 2));
            meter(instances.subspan(instances.size() / 2));
        }
    }
    void forget_parked() {
        work_.exec_params(
            "DELETE FROM parked_instances WHERE (account_id, upstream, model) IN "
            "(SELECT i->>0, i->>1, i->>2 FROM jsonb_array_elements($1::jsonb) AS list(i))",
            folded_.dump());
    }
    /// Marks again those whose turn did not come; how many.
    int put_back() {
        work_.exec_params(
            "INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
            "SELECT i->>0, i->>1, i->>2, (i->>3)::timestamptz, now() "
            "FROM jsonb_array_elements($1::jsonb) AS list(i) "
            "ON CONFLICT (account_id, upstream, model) DO UPDATE SET "
            "earliest = least(pending_instances.earliest, excluded.earliest), due_at = now()",
            put_back_.dump());
        return static_cast<int>(put_back_.size());
    }
    const Decimal& gigabyte_seconds() const { return gigabyte_seconds_; }

  private:
    std::vector<std::size_t> meter_together(Instances instances) {
        Decimal charged;
        Refolds refolds = in_part(work_, [&](Work& part) {
            Refolds result =
                refold_together(part, read_fold_inputs(part, {instances.begin(), instances.end()},
                                                       limits_.facts_of_one_among_many));
            charged = charge_sessions(part, result.done);
            return result;
        });
        std::size_t next_left = 0;
        for (std::size_t i = 0; i < instances.size(); ++i) {
            if (next_left < refolds.left.size() && refolds.left[next_left] == i) {
                ++next_left;
            } else {
                note_folded(instances[i].name);
            }
        }
        gigabyte_seconds_ = gigabyte_seconds_ + charged;
        return std::move(refolds.left);
    }

    void meter_in_turn(const TouchedInstance& instance) {
        const bool is_first = !std::exchange(has_metered_alone_, true);
        if (is_first || platform::monotonic_micros() < ends_at_micros_)
            return meter_alone(instance);
        put_back_.push_back({instance.name.account.text(), instance.name.upstream.text(),
                             to_storable(instance.name.model.text()),
                             calendar::to_text(instance.earliest)});
    }

    void meter_alone(const TouchedInstance& instance) {
        Decimal charged;
        const std::string fault = find_fault(work_, [&] {
            charged = in_part(work_, [&](Work& part) {
                const Refold refold =
                    refold_instance(part, read_fold_inputs(part, {instance}).front());
                return charge_sessions(part, {refold});
            });
        });
        if (!fault.empty()) return park(work_, instance.name, fault);
        note_folded(instance.name);
        gigabyte_seconds_ = gigabyte_seconds_ + charged;
    }

    void note_folded(const InstanceName& name) {
        folded_.push_back(
            {name.account.text(), name.upstream.text(), to_storable(name.model.text())});
    }

    Work& work_;
    const PassLimits& limits_;
    const std::int64_t ends_at_micros_;
    nlohmann::json folded_ = nlohmann::json::array();
    nlohmann::json put_back_ = nlohmann::json::array();
    bool has_metered_alone_ = false;
    Decimal gigabyte_seconds_;
};

}  // namespace

MeterPass meter_pending(Work& work, PendingChoice choice, MeterShare share,
                        const PassLimits& limits) {
    hold_rules(work);
    const std::vector<TouchedInstance> taken = take_pending(work, choice, share, limits.instances);
    if (taken.empty()) return {};
    hold_instances(work, taken);
    Passing passing(work, limits);
    passing.meter(taken);
    passing.forget_parked();
    return {.instances = static_cast<int>(taken.size()) - passing.put_back(),
            .gigabyte_seconds = passing.gigabyte_seconds()};
}

}  // namespace ledger
