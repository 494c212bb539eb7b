#include "ledger/plan_lookup.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace ledger {

using lifecycle::AccountId;

PlansInForce::PlansInForce(Work& work, const std::set<AccountId>& accounts) {
    nlohmann::json ids = nlohmann::json::array();
    for (const AccountId& account : accounts) ids.push_back(account.text());
    for (const auto& row : work.exec_params(
             "SELECT account_id, effective_from, plan, revision FROM plan_assignments "
             "WHERE account_id IN (SELECT jsonb_array_elements_text($1::jsonb)) "
             "UNION ALL SELECT NULL, effective_from, plan, revision FROM default_plans "
             "ORDER BY 1, 2, 4",
             ids.dump())) {
        Assignments& assignments =
            row[0].is_null() ? defaults_ : assigned_[AccountId(row[0].as<std::string>())];
        assignments.push_back({read_instant(row[1]), row[2].as<std::string>()});
    }
}

std::string PlansInForce::find(const AccountId& account, calendar::Instant loaded_at) const {
    const Assignment* found = nullptr;
    if (const auto own = assigned_.find(account); own != assigned_.end())
        found = find_last(own->second, loaded_at);
    if (!found) found = find_last(defaults_, loaded_at);
    return found ? found->plan : "";
}

const PlansInForce::Assignment* PlansInForce::find_last(const Assignments& assignments,
                                                        calendar::Instant at) {
    const auto after = std::upper_bound(assignments.begin(), assignments.end(), at,
                                        [](calendar::Instant instant, const Assignment& entry) {
                                            return instant < entry.effective_from;
                                        });
    return after == assignments.begin() ? nullptr : &*std::prev(after);
}

const metering::Plan& PlanBook::get(Work& work, const std::string& name) {
    if (const auto known = plans_.find(name); known != plans_.end()) return known->second;
    const pqxx::row row = work.exec_params1("SELECT document FROM plans WHERE name = $1", name);
    auto parsed = metering::parse_plan(row[0].as<std::string>());
    if (const auto* refused = std::get_if<metering::PlanRefused>(&parsed)) {
        throw std::runtime_error("the stored plan " + name + " is none: " + refused->why);
    }
    return plans_.emplace(name, std::get<metering::Plan>(std::move(parsed))).first->second;
}

}  // namespace ledger
