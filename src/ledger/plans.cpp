#include "ledger/plans.h"

#include <nlohmann/json.hpp>

#include "ledger/transaction.h"
#include "metering/plan.h"

namespace ledger {
namespace {

// The beginning of time, as far as calendar::Instant and Postgres agree.
constexpr const char* beginning = "0001-01-01T00:00:00Z";

metering::Plan parse(const std::string& document) {
    auto parsed = metering::parse_plan(document);
    if (const auto* refused = std::get_if<metering::PlanRefused>(&parsed)) {
        throw Refused("not a plan: " + refused->why);
    }
    return std::get<metering::Plan>(parsed);
}

std::string get_document(Work& work, const std::string& name) {
    const pqxx::result rows =
        work.exec_params("SELECT document FROM plans WHERE name = $1", to_storable(name));
    if (rows.empty()) throw Refused("there is no plan `" + name + "`: add it first");
    return rows[0][0].as<std::string>();
}

metering::Plan get_plan(Work& work, const std::string& name) {
    return parse(get_document(work, name));
}

// Sessions whose plan may be another now are folded and rated again by the meter. The row order is
// that of every writer of pending_instances.
constexpr const char* mark_pending =
    "INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
    "SELECT account_id, upstream, model, min(loaded_at), now() FROM sessions "
    "WHERE (account_id = $1 OR $1 = '') AND loaded_at >= $2 "
    "GROUP BY account_id, upstream, model ORDER BY 1, 2, 3 "
    "ON CONFLICT (account_id, upstream, model) DO UPDATE SET "
    "earliest = least(pending_instances.earliest, excluded.earliest), due_at = now()";

}  // namespace

PlanAdded add_plan(Store& store, const std::string& document) {
    const metering::Plan plan = parse(document);
    return transact(store, [&](Work& work) {
        const pqxx::result added = work.exec_params(
            "INSERT INTO plans (name, document) VALUES ($1, $2) ON CONFLICT DO NOTHING "
            "RETURNING name",
            plan.name, document);
        if (!added.empty()) return PlanAdded::added;
        const auto stored =
            work.exec_params1("SELECT document FROM plans WHERE name = $1", plan.name)[0]
                .as<std::string>();
        if (nlohmann::json::parse(stored) != nlohmann::json::parse(document)) {
            throw Refused("there is another plan named `" + plan.name +
                          "`, and a plan never changes: give this one a name of its own");
        }
        return PlanAdded::was_there;
    });
}

std::vector<StoredPlan> list_plans(Store& store) {
    return transact(store, [&](Work& work) {
        std::vector<StoredPlan> plans;
        for (const auto& row :
             work.exec("SELECT name, document, added_at FROM plans ORDER BY name")) {
            plans.push_back({.name = row[0].as<std::string>(),
                             .document = row[1].as<std::string>(),
                             .added_at = read_instant(row[2])});
        }
        return plans;
    });
}

std::vector<PlanAssignment> list_plan_assignments(Store& store) {
    return transact(store, [&](Work& work) {
        std::vector<PlanAssignment> assignments;
        for (const auto& row :
             work.exec("SELECT a.name, p.plan, p.effective_from, p.assigned_at, p.revision "
                       "FROM plan_assignments p JOIN accounts a ON a.id = p.account_id UNION ALL "
                       "SELECT '', plan, effective_from, assigned_at, revision FROM default_plans "
                       "ORDER BY 1, 3, 5")) {
            assignments.push_back({.account = row[0].as<std::string>(),
                                   .plan = row[1].as<std::string>(),
                                   .effective_from = read_instant(row[2]),
                                   .assigned_at = read_instant(row[3])});
        }
        return assignments;
    });
}

std::vector<CostPlan> list_cost_plans(Store& store) {
    return transact(store, [&](Work& work) {
        std::vector<CostPlan> plans;
        for (const auto& row :
             work.exec("SELECT c.plan, p.document, c.effective_from, c.assigned_at FROM cost_plans "
                       "c JOIN plans p ON p.name = c.plan ORDER BY 3, c.revision")) {
            plans.push_back({.plan = row[0].as<std::string>(),
                             .document = row[1].as<std::string>(),
                             .effective_from = read_instant(row[2]),
                             .assigned_at = read_instant(row[3])});
        }
        return plans;
    });
}

std::string get_plan_document(Store& store, const std::string& plan) {
    return transact(store, [&](Work& work) { return get_document(work, plan); });
}

void set_cost_plan(Store& store, const std::string& plan, std::optional<calendar::Instant> from) {
    transact(store, [&](Work& work) {
        const metering::Plan known = get_plan(work, plan);
        change_rules(work);
        work.exec_params(
            "INSERT INTO cost_plans (effective_from, revision, plan) "
            "SELECT $1::timestamptz, coalesce(max(revision), 0) + 1, $2 FROM cost_plans "
            "WHERE effective_from = $1::timestamptz",
            from ? calendar::to_text(*from) : beginning, known.name);
    });
}

void assign_plan(Store& store, const std::string& account, const std::string& plan,
                 calendar::Instant from) {
    transact(store, [&](Work& work) {
        change_rules(work);
        const pqxx::result accounts = work.exec_params(
            "SELECT id, currency FROM accounts WHERE id = $1 OR name = $1 "
            "ORDER BY id = $1 DESC LIMIT 1 FOR UPDATE",
            to_storable(account));
        if (accounts.empty()) throw Refused("there is no account `" + account + "`");
        const auto id = accounts[0][0].as<std::string>();
        const auto currency = accounts[0][1].as<std::string>();
        const metering::Plan known = get_plan(work, plan);
        if (currency != known.currency.code()) {
            throw Refused("account `" + account + "` is billed in " + currency + ", plan `" + plan +
                          "` is in " + std::string(known.currency.code()));
        }
        work.exec_params(
            "INSERT INTO plan_assignments (account_id, effective_from, revision, plan) "
            "SELECT $1, $2::timestamptz, coalesce(max(revision), 0) + 1, $3 FROM plan_assignments "
            "WHERE account_id = $1 AND effective_from = $2::timestamptz",
            id, calendar::to_text(from), known.name);
        work.exec_params(mark_pending, id, calendar::to_text(from));
    });
}

void set_default_plan(Store& store, const std::string& plan, calendar::Instant now) {
    transact(store, [&](Work& work) {
        const metering::Plan known = get_plan(work, plan);
        change_rules(work);
        const pqxx::result current = work.exec(
            "SELECT plan FROM default_plans ORDER BY effective_from DESC, revision DESC LIMIT 1");
        if (!current.empty() && current[0][0].as<std::string>() == known.name) return;
        const std::string from = current.empty() ? beginning : calendar::to_text(now);
        work.exec_params(
            "INSERT INTO default_plans (effective_from, revision, plan) "
            "SELECT $1::timestamptz, coalesce(max(revision), 0) + 1, $2 FROM default_plans "
            "WHERE effective_from = $1::timestamptz",
            from, known.name);
        work.exec_params(mark_pending, "", from);
    });
}

}  // namespace ledger
