#include "ledger/plan_lookup.h"

namespace ledger {

std::string find_plan_in_force(Work& work, const lifecycle::AccountId& account,
                               calendar::Instant loaded_at) {
    const pqxx::result rows = work.exec_params(
        "SELECT plan FROM (SELECT 1 AS choice, plan, effective_from, revision FROM "
        "plan_assignments WHERE account_id = $1 AND effective_from <= $2 UNION ALL "
        "SELECT 2, plan, effective_from, revision FROM default_plans WHERE effective_from <= $2) c "
        "ORDER BY choice, effective_from DESC, revision DESC LIMIT 1",
        account.text(), calendar::to_text(loaded_at));
    return rows.empty() ? "" : rows[0][0].as<std::string>();
}

}  // namespace ledger
