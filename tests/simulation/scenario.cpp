#include "simulation/scenario.h"

namespace simulation {
namespace {

/// Plans as an operator writes them, and as the auditor reads the same numbers.
struct PlanText {
    const char* json;
    Tariff tariff;
};

std::vector<PlanText> plans() {
    return {
        {R"({"plan": "by-minute", "currency": "USD", "rate_per_gb_second": "0.0000166667",
             "starts_at": "running", "minimum_seconds": 60, "increment_seconds": 60,
             "spin_down": "billed", "shutdown_grace_seconds": 120, "failed_boot": "free",
             "per_replica": true, "gb_basis": "required_ram"})",
         {"0.0000166667", 60, 60, 120, true}},
        {R"({"plan": "by-second", "currency": "USD", "rate_per_gb_second": "0.0000045",
             "starts_at": "running", "minimum_seconds": 0, "increment_seconds": 1,
             "spin_down": "billed", "shutdown_grace_seconds": 120, "failed_boot": "free",
             "per_replica": true, "gb_basis": "required_ram"})",
         {"0.0000045", 0, 1, 120, true}},
        {R"({"plan": "no-spin-down", "currency": "USD", "rate_per_gb_second": "0.0000166667",
             "starts_at": "running", "minimum_seconds": 60, "increment_seconds": 60,
             "spin_down": "free", "shutdown_grace_seconds": 120, "failed_boot": "free",
             "per_replica": true, "gb_basis": "required_ram"})",
         {"0.0000166667", 60, 60, 0, true}},
        {R"({"plan": "odd", "currency": "EUR", "rate_per_gb_second": "0.000015",
             "starts_at": "running", "minimum_seconds": 90, "increment_seconds": 7,
             "spin_down": "billed", "shutdown_grace_seconds": 45, "failed_boot": "free",
             "per_replica": false, "gb_basis": "required_ram"})",
         {"0.000015", 90, 7, 45, false}},
    };
}

/// Keys of two or three upstream accounts; some upstream accounts have two keys, and the product
/// takes those for one account or for two.
std::vector<Key> make_keys(Dice& dice) {
    std::vector<Key> keys;
    const std::int64_t owners = dice.between(1, 3);
    for (std::int64_t owner = 0; owner < owners; ++owner) {
        const std::string name(1, static_cast<char>('a' + owner));
        const bool shares = dice.percent(40);
        const bool is_one_account = dice.percent(50);
        keys.push_back({name + "1" + std::string(30, '0'), "upstream-" + name, "account-" + name});
        if (!shares) continue;
        keys.push_back({name + "2" + std::string(30, '0'), "upstream-" + name,
                        is_one_account ? "account-" + name : "account-" + name + "2"});
    }
    return keys;
}

Manners make_manners(Dice& dice) {
    Manners manners;
    manners.longest_boot = dice.one_of({minute, 5 * minute, 15 * minute});
    manners.failed_boots = static_cast<int>(dice.between(0, 20));
    manners.crashes = static_cast<int>(dice.between(0, 30));
    manners.overruns = static_cast<int>(dice.between(0, 40));
    manners.lies = dice.one_of({0, 20, 50});
    if (dice.percent(40)) manners.forgets = dice.one_of({Micros{0}, minute, hour});
    return manners;
}

}  // namespace

Scenario make_scenario(std::uint64_t seed) {
    Dice dice = Dice(seed).fork("scenario");
    Scenario scenario;
    scenario.days = static_cast<int>(dice.between(8, 12));
    // Around the end of a month, so that sessions are cut.
    scenario.begin = 20'721 * day + dice.between(0, 20) * day + dice.between(0, day);
    scenario.keys = make_keys(dice);
    const auto models = dice.between(1, 3);
    for (std::int64_t i = 0; i < models; ++i)
        scenario.gb["model-" + std::to_string(i)] =
            dice.one_of({"0.50", "2.232933128273094", "26.64", "372.52", "0.125133514404296"});
    const auto plan = plans()[static_cast<std::size_t>(dice.between(0, 3))];
    scenario.plan_json = plan.json;
    scenario.tariff = plan.tariff;
    scenario.manners = make_manners(dice);
    const Micros offset =
        dice.one_of({Micros{0}, Micros{0}, Micros{0}, 900 * millisecond, 10 * second, 5 * minute});
    const bool live = seed % 8 == 0;
    const auto gateways = dice.between(1, 3);
    for (std::int64_t i = 0; i < gateways; ++i) {
        GatewayTraits traits;
        traits.name = "gateway" + std::to_string(i + 1);
        traits.largest_offset = offset;
        traits.live_journal = live;
        traits.segment_bytes = dice.one_of<std::uint64_t>({4'096, 16'384, 65'536});
        scenario.gateways.push_back(traits);
    }
    // A Date is whole seconds, at some instant of a question that may take twenty; and what no
    // answer follows is moved by the offset from before a clock was set.
    scenario.clock_error = offset == 0 ? 0 : 2 * offset + 12 * second;
    scenario.between_visits = dice.one_of({3 * hour, 8 * hour, 24 * hour});
    scenario.between_falls = dice.one_of({3 * hour, 12 * hour, 3 * day});
    scenario.between_storms = dice.one_of({6 * hour, day, 4 * day});
    return scenario;
}

}  // namespace simulation
