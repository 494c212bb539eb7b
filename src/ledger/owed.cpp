#include "ledger/owed.h"

#include <algorithm>

#include "metering/rule.h"

namespace ledger {
namespace {

using calendar::Duration;
using money::Decimal;

/// The slices of a charge with their parts: rounding and minimum are the last one's; spin-down is
/// the end of the used time, so it is the last slices'.
Owing to_owing(const metering::Charge& charge, const metering::Plan& plan,
               std::size_t slice_count) {
    Owing owing;
    Duration spin_down = charge.spin_down;
    for (std::size_t i = charge.slices.size(); i-- > 0;) {
        const metering::MonthSlice& slice = charge.slices[i];
        const bool is_last = i + 1 == charge.slices.size();
        const Duration rounding = is_last ? charge.rounding : Duration{};
        const Duration minimum = is_last ? charge.minimum : Duration{};
        const Duration used = slice.billable - rounding - minimum;
        const Duration idle = std::min(spin_down, used);
        spin_down = spin_down - idle;
        if (i >= slice_count) continue;
        Owed owed{.seconds = metering::to_seconds(slice.billable),
                  .used = metering::to_seconds(used),
                  .rounding = metering::to_seconds(rounding),
                  .minimum = metering::to_seconds(minimum),
                  .spin_down = metering::to_seconds(idle),
                  .gb_seconds = slice.gb_seconds,
                  .amount = std::nullopt,
                  .currency = std::string(plan.currency.code()),
                  .status = std::string(metering::to_text(charge.status)),
                  .estimated = charge.estimated};
        if (slice.amount) owed.amount = slice.amount->value();
        owing.emplace(Place{.period = calendar::to_text(slice.period), .plan = plan.name}, owed);
    }
    return owing;
}

}  // namespace

Owing rate_owing(const lifecycle::Session& session, const lifecycle::AccountId& account,
                 const metering::Plan& plan, const calendar::Zone& zone,
                 std::optional<calendar::Instant> as_of) {
    const bool is_open = !session.end_reason;
    if (is_open && !as_of) return {};
    const metering::Charge charge = metering::rate_session(
        metering::to_facts(session, account.text()), plan, zone, is_open ? as_of : std::nullopt);
    const std::size_t count = charge.slices.size();
    return to_owing(charge, plan, is_open && count > 0 ? count - 1 : count);
}

Owed nothing_of(const Owed& before) {
    Owed nothing;
    nothing.currency = before.currency;
    if (before.gb_seconds) nothing.gb_seconds = Decimal();
    if (before.amount) nothing.amount = Decimal();
    return nothing;
}

std::string text_of(const std::optional<Decimal>& value) {
    return value ? money::to_text(*value) : "none";
}

std::vector<std::pair<std::string, std::string>> fields_of(const Owed& owed) {
    return {{"amount", text_of(owed.amount)},
            {"gb_seconds", text_of(owed.gb_seconds)},
            {"seconds", money::to_text(owed.seconds)},
            {"used_seconds", money::to_text(owed.used)},
            {"rounding_seconds", money::to_text(owed.rounding)},
            {"minimum_seconds", money::to_text(owed.minimum)},
            {"spin_down_seconds", money::to_text(owed.spin_down)},
            {"currency", owed.currency},
            {"status", owed.status},
            {"estimated", owed.estimated ? "yes" : "no"}};
}

}  // namespace ledger
