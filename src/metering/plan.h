// A plan: a billing policy as data (metering.md, "Plan"). Versioned by its name; the one in force
// when a load was accepted holds for the whole session.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "calendar/instant.h"
#include "money/currency.h"
#include "money/decimal.h"

namespace metering {

enum class StartsAt { running, load };
enum class SpinDown { billed, free };
enum class FailedBoot { free, billed };

struct Plan {
    std::string name;
    money::Currency currency;
    money::Decimal rate_per_gb_second;  // ≥ 0, below 10⁹, at most 30 decimals
    StartsAt starts_at = StartsAt::running;
    calendar::Duration minimum;    // whole seconds, 0 to 10¹²
    calendar::Duration increment;  // whole seconds, 1 to 10¹²
    SpinDown spin_down = SpinDown::billed;
    calendar::Duration shutdown_grace;  // whole seconds, 0 to 10¹²
    FailedBoot failed_boot = FailedBoot::free;
    bool per_replica = true;
};

/// Why a text is no plan: a sentence that names the key.
struct PlanRefused {
    std::string why;
};

/// Reads a plan's JSON strictly: an unknown, missing or repeated key or a bad value is refused.
[[nodiscard]] std::variant<Plan, PlanRefused> parse_plan(std::string_view json);

}  // namespace metering
