#include "metering/rule.h"

#include <algorithm>
#include <stdexcept>

namespace metering {
namespace {

using calendar::Duration;
using calendar::Instant;
using money::Decimal;

/// GB and price of one billed second; absent where the model has no GB.
struct SecondPrice {
    Decimal gb;
    Decimal amount;
    money::Currency currency;
};

std::optional<SecondPrice> price_of_a_second(const SessionFacts& facts, const Plan& plan) {
    if (!facts.gb) return {};
    const Decimal replicas(plan.per_replica ? facts.concurrency : 1);
    const Decimal gb = *facts.gb * replicas;
    return SecondPrice{gb, gb * plan.rate_per_gb_second, plan.currency};
}

/// Sets gb_seconds and amount of a charge or slice from its billable time.
template <class Priced>
void set_price(Priced& priced, const std::optional<SecondPrice>& price) {
    if (!price) return;
    const Decimal seconds = to_seconds(priced.billable);
    priced.gb_seconds = price->gb * seconds;
    priced.amount = money::Amount(price->amount * seconds, price->currency);
}

/// Rule 1. Absent: not metered, or not yet.
std::optional<Instant> start_of(const SessionFacts& facts, const Plan& plan,
                                std::optional<Instant> as_of) {
    const bool from_load = plan.starts_at == StartsAt::load;
    const bool boot_counts =
        from_load && (plan.failed_boot == FailedBoot::billed || facts.is_open());
    if (!facts.running_at && !boot_counts) return {};
    const auto start = from_load ? facts.loaded_at : facts.running_at;
    if (start && facts.is_open() && *start > *as_of) return {};
    return start;
}

/// Nobody saw the end.
bool is_gone(const SessionFacts& facts) {
    return facts.end_reason && !facts.ended_at;
}

/// Rule 2.
Instant end_of(const SessionFacts& facts, const Plan& plan, Instant start,
               std::optional<Instant> as_of) {
    Instant end = start;
    if (facts.is_open()) {
        end = *as_of;
    } else if (facts.ended_at) {
        end = *facts.ended_at;
    } else {
        end = facts.expires_at.value_or(start);
    }
    if (facts.expires_at) {
        const bool billed = plan.spin_down == SpinDown::billed;
        const Duration allowed = billed ? plan.shutdown_grace : Duration{};
        end = std::min(end, *facts.expires_at + allowed);
    }
    return std::max(end, start);
}

Duration round_up(Duration used, Duration increment) {
    const std::int64_t rest = used.micros % increment.micros;
    return rest == 0 ? used : Duration{used.micros - rest + increment.micros};
}

/// Rule 3.
void set_times(Charge& charge, const SessionFacts& facts, const Plan& plan) {
    charge.used = *charge.end - *charge.start;
    const Duration ceiled = round_up(charge.used, plan.increment);
    charge.billable = std::max(plan.minimum, ceiled);
    charge.rounding = ceiled - charge.used;
    charge.minimum = charge.billable - ceiled;
    if (facts.expires_at) {
        const Instant idle_from = std::max(*charge.start, *facts.expires_at);
        charge.spin_down = std::max(Duration{}, *charge.end - idle_from);
    }
}

calendar::Month period_at(const calendar::Zone& zone, Instant instant, calendar::Month*) {
    return zone.month_at(instant);
}

calendar::Day period_at(const calendar::Zone& zone, Instant instant, calendar::Day*) {
    return zone.day_at(instant);
}

/// Rule 5: each earlier slice is exact, the last carries the rest. An only slice is the whole.
template <class Period>
std::vector<Slice<Period>> cut(const Charge& charge, const calendar::Zone& zone,
                               const std::optional<SecondPrice>& price) {
    std::vector<Slice<Period>> slices;
    if (!charge.start || charge.billable == Duration{}) return slices;
    const auto add = [&](Period period, Duration billable) {
        set_price(slices.emplace_back(Slice<Period>{period, billable, {}, {}}), price);
    };
    Period period = period_at(zone, *charge.start, static_cast<Period*>(nullptr));
    Instant from = *charge.start;
    Duration left = charge.billable;
    for (;;) {
        const Instant next = zone.start_of(period.next());
        if (next >= *charge.end) break;
        if (next > from) {  // not a day that the zone skipped
            add(period, next - from);
            left = left - (next - from);
            from = next;
        }
        period = period.next();
    }
    if (slices.empty()) {
        slices.push_back({period, charge.billable, charge.gb_seconds, charge.amount});
    } else {
        add(period, left);
    }
    return slices;
}

Status status_of(const Charge& charge, const SessionFacts& facts) {
    if (!charge.start) return facts.is_open() ? Status::open : Status::free;
    if (!facts.gb) return Status::unpriced;
    return facts.is_open() ? Status::open : Status::rated;
}

}  // namespace

Charge rate_session(const SessionFacts& facts, const Plan& plan, const calendar::Zone& zone,
                    std::optional<Instant> as_of) {
    if (const auto fault = find_fault(facts, as_of.has_value()); !fault.empty()) {
        throw std::invalid_argument("session " + facts.session + ": " + std::string(fault));
    }
    Charge charge;
    charge.estimated = facts.estimated;
    charge.start = start_of(facts, plan, as_of);
    charge.status = status_of(charge, facts);
    if (!charge.start) {
        charge.gb_seconds = Decimal();
        charge.amount = money::Amount::zero(plan.currency);
        return charge;
    }
    charge.end = end_of(facts, plan, *charge.start, as_of);
    charge.estimated = charge.estimated || is_gone(facts);
    set_times(charge, facts, plan);
    const auto price = price_of_a_second(facts, plan);
    set_price(charge, price);
    charge.slices = cut<calendar::Month>(charge, zone, price);
    return charge;
}

std::vector<DaySlice> cut_into_days(const Charge& charge, const SessionFacts& facts,
                                    const Plan& plan, const calendar::Zone& zone) {
    return cut<calendar::Day>(charge, zone, price_of_a_second(facts, plan));
}

}  // namespace metering
