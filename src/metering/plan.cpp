#include "metering/plan.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

namespace metering {
namespace {

using nlohmann::json;

constexpr std::int64_t seconds_limit = 1'000'000'000'000;
constexpr std::int64_t rate_limit = 1'000'000'000;
constexpr unsigned rate_decimals_limit = 30;

constexpr auto keys = std::to_array<std::string_view>(
    {"plan", "currency", "rate_per_gb_second", "starts_at", "minimum_seconds", "increment_seconds",
     "spin_down", "shutdown_grace_seconds", "failed_boot", "per_replica", "gb_basis"});

/// Thrown within this file alone; parse_plan returns it.
struct Refusal : std::runtime_error {
    using std::runtime_error::runtime_error;
    Refusal(std::string_view key, std::string_view wanted)
        : Refusal("\"" + std::string(key) + "\" must be " + std::string(wanted)) {}
};

json parse_strictly(std::string_view text) {
    std::set<std::string> seen;
    const auto refuse_duplicates = [&seen](int depth, json::parse_event_t event, json& parsed) {
        if (event == json::parse_event_t::key && depth == 1 &&
            !seen.insert(parsed.get<std::string>()).second)
            throw Refusal("key \"" + parsed.get<std::string>() + "\" is given twice");
        return true;
    };
    try {
        return json::parse(text, refuse_duplicates);
    } catch (const json::exception& error) {
        throw Refusal(std::string("not JSON: ") + error.what());
    }
}

void check_keys(const json& object) {
    if (!object.is_object()) throw Refusal("not a JSON object");
    for (const auto& [key, value] : object.items()) {
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            throw Refusal("unknown key \"" + key + "\"");
    }
    for (std::string_view key : keys) {
        if (!object.contains(key)) throw Refusal("key \"" + std::string(key) + "\" is missing");
    }
}

std::string text_at(const json& object, std::string_view key) {
    const json& value = object.at(std::string(key));
    if (!value.is_string() || value.get_ref<const std::string&>().empty())
        throw Refusal(key, "a text");
    return value.get<std::string>();
}

calendar::Duration seconds_at(const json& object, std::string_view key, std::int64_t least) {
    const json& value = object.at(std::string(key));
    std::string wanted = "a whole number of seconds from ";
    wanted.append(std::to_string(least)).append(" to ").append(std::to_string(seconds_limit));
    if (!value.is_number_integer()) throw Refusal(key, wanted);
    // From 0 on the library holds it unsigned; reading one beyond 2⁶³ signed would wrap.
    if (value.is_number_unsigned() &&
        value.get<std::uint64_t>() > static_cast<std::uint64_t>(seconds_limit))
        throw Refusal(key, wanted);
    const auto seconds = value.get<std::int64_t>();
    if (seconds < least) throw Refusal(key, wanted);
    return calendar::Duration::seconds(seconds);
}

/// True for the first word, false for the second.
bool choice_at(const json& object, std::string_view key, std::string_view first,
               std::string_view second) {
    const std::string text = text_at(object, key);
    if (text == first) return true;
    if (text == second) return false;
    throw Refusal(key, std::string(first) + " or " + std::string(second));
}

money::Currency currency_at(const json& object) {
    const auto currency = money::find_currency(text_at(object, "currency"));
    if (!currency) throw Refusal("currency", "a code of ISO 4217");
    return *currency;
}

money::Decimal rate_at(const json& object) {
    const auto rate = money::parse_decimal(text_at(object, "rate_per_gb_second"));
    if (!rate || rate->is_negative() || rate->decimals() > rate_decimals_limit ||
        *rate >= money::Decimal(rate_limit))
        throw Refusal("rate_per_gb_second",
                      "a plain decimal in a text, not negative, below 1000000000, with at most 30 "
                      "decimals");
    return *rate;
}

bool flag_at(const json& object, std::string_view key) {
    const json& value = object.at(std::string(key));
    if (!value.is_boolean()) throw Refusal(key, "true or false");
    return value.get<bool>();
}

Plan read_plan(const json& object) {
    if (text_at(object, "gb_basis") != "required_ram") throw Refusal("gb_basis", "required_ram");
    const bool from_running = choice_at(object, "starts_at", "running", "load");
    const bool spin_down_billed = choice_at(object, "spin_down", "billed", "free");
    const bool failed_boot_free = choice_at(object, "failed_boot", "free", "billed");
    return Plan{
        .name = text_at(object, "plan"),
        .currency = currency_at(object),
        .rate_per_gb_second = rate_at(object),
        .starts_at = from_running ? StartsAt::running : StartsAt::load,
        .minimum = seconds_at(object, "minimum_seconds", 0),
        .increment = seconds_at(object, "increment_seconds", 1),
        .spin_down = spin_down_billed ? SpinDown::billed : SpinDown::free,
        .shutdown_grace = seconds_at(object, "shutdown_grace_seconds", 0),
        .failed_boot = failed_boot_free ? FailedBoot::free : FailedBoot::billed,
        .per_replica = flag_at(object, "per_replica"),
    };
}

}  // namespace

std::variant<Plan, PlanRefused> parse_plan(std::string_view text) {
    try {
        const json object = parse_strictly(text);
        check_keys(object);
        return read_plan(object);
    } catch (const Refusal& refusal) {
        return PlanRefused{refusal.what()};
    }
}

}  // namespace metering
