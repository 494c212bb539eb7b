// What a seed decides before anything happens: who there is, what it costs, how bad the days are.
#pragma once

#include "simulation/auditor.h"
#include "simulation/gateway.h"

namespace simulation {

struct Scenario {
    Micros begin = 0;
    int days = 10;
    std::vector<Key> keys;
    std::map<std::string, std::string> gb;  // model → requiredRAM
    std::vector<GatewayTraits> gateways;
    Manners manners;
    std::string plan_json;
    Tariff tariff;
    Micros clock_error = 0;
    Micros between_visits = 12 * hour;  // of one key, on average
    Micros between_falls = day;         // of any gateway
    Micros between_storms = day;        // of database and network
};

Scenario make_scenario(std::uint64_t seed);

}  // namespace simulation
