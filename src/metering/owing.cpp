#include "metering/owing.h"

#include "metering/rule.h"

namespace metering {
namespace {

using calendar::Duration;

/// The slices of a charge with their parts: rounding and minimum are the last one's; spin-down is
/// the end of the used time, so it is the last slices'.
Owing to_owing(const Charge& charge, const Plan& plan, std::size_t slice_count) {
    Owing owing;
    Duration spin_down = charge.spin_down;
    for (std::size_t i = charge.slices.size(); i-- > 0;) {
        const MonthSlice& slice = charge.slices[i];
        const bool is_last = i + 1 == charge.slices.size();
        const Duration rounding = is_last ? charge.rounding : Duration{};
        const Duration minimum = is_last ? charge.minimum : Duration{};
        const Duration used = slice.billable - rounding - minimum;
        const Duration idle = std::min(spin_down, used);
        spin_down = spin_down - idle;
        if (i >= slice_count) continue;
        Owed owed{.seconds = to_seconds(slice.billable),
                  .used = to_seconds(used),
                  .rounding = to_seconds(rounding),
                  .minimum = to_seconds(minimum),
                  .spin_down = to_seconds(idle),
                  .gb_seconds = slice.gb_seconds,
                  .amount = std::nullopt,
                  .currency = std::string(plan.currency.code()),
                  .status = std::string(to_text(charge.status)),
                  .estimated = charge.estimated};
        if (slice.amount) owed.amount = slice.amount->value();
        owing.emplace(Place{.period = calendar::to_text(slice.period), .plan = plan.name}, owed);
    }
    return owing;
}

}  // namespace

Owing owing_of(const SessionFacts& facts, const Plan& plan, const calendar::Zone& zone,
               std::optional<calendar::Instant> as_of) {
    if (facts.is_open() && !as_of) return {};
    const Charge charge = rate_session(facts, plan, zone, facts.is_open() ? as_of : std::nullopt);
    const std::size_t count = charge.slices.size();
    return to_owing(charge, plan, facts.is_open() && count > 0 ? count - 1 : count);
}

Owed nothing_of(const Owed& before) {
    Owed nothing;
    nothing.currency = before.currency;
    if (before.gb_seconds) nothing.gb_seconds = money::Decimal();
    if (before.amount) nothing.amount = money::Decimal();
    return nothing;
}

}  // namespace metering
