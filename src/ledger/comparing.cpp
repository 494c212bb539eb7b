#include "ledger/comparing.h"

#include <functional>
#include <map>

#include "ledger/invoices.h"
#include "ledger/plans.h"
#include "ledger/queries.h"
#include "metering/rule.h"

namespace ledger {
namespace {

using calendar::Duration;
using calendar::Instant;
using invoicing::Price;
using metering::Plan;

// Months start up to a day apart in the world's zones; what is billed of a session ends no later
// than the session, or its expiry.
constexpr Duration margin = Duration::seconds(7 * 24 * 3600);

Plan parse(const std::string& document, const std::string& name) {
    auto parsed = metering::parse_plan(document);
    if (auto* plan = std::get_if<Plan>(&parsed)) return std::move(*plan);
    throw Refused("the stored plan " + name + " is none");
}

class Comparing {
  public:
    /// The other plan of a session; null: none is in force.
    using Choose = std::function<const Plan*(const lifecycle::Session&)>;

    Comparing(const ComparisonScope& scope, Choose choose, Instant now)
        : scope_(scope),
          choose_(std::move(choose)),
          now_(now),
          month_(to_text(scope.month)),
          tally_(scope.by, month_, now) {}

    invoicing::Comparison run(Store& store) {
        SessionFilter filter;
        filter.account = scope_.account;
        filter.from = calendar::Zone::utc().start_of(scope_.month) - margin;
        filter.until = calendar::Zone::utc().start_of(scope_.month.next()) + margin;
        for_each_session(store, filter, [&](const SessionRecord& record) { add(record); });
        return tally_.finish();
    }

  private:
    /// The part of the session's price that falls into the month.
    struct Part {
        bool is_there = false;
        std::optional<Price> price = {};  // absent: no plan
    };

    Part price(const metering::SessionFacts& facts, const Plan* plan, const calendar::Zone& zone) {
        if (!plan) return {};
        const auto charge = metering::rate_session(facts, *plan, zone, now_);
        for (const auto& slice : charge.slices) {
            if (to_text(slice.period) != month_) continue;
            Price price{.currency = plan->currency};
            if (slice.amount) price.amount = slice.amount->value();
            return {.is_there = true, .price = price};
        }
        // The plan says that nothing of it is billed in this month.
        return {.price = Price{.currency = plan->currency, .amount = money::Decimal()}};
    }

    void add(const SessionRecord& record) {
        const auto facts = metering::to_facts(record.session, record.account_name);
        if (!metering::find_fault(facts, true).empty()) return;
        const calendar::Zone& zone = zone_of(record.timezone);
        const Part first = price(facts, own_plan(record), zone);
        const Part second = price(facts, choose_(record.session), zone);
        if (!first.is_there && !second.is_there) return;
        tally_.add(scope_.by == invoicing::ComparisonBy::model ? record.session.model.text()
                                                               : record.account_name,
                   first.price, second.price);
    }

    const Plan* own_plan(const SessionRecord& record) {
        if (!record.plan || !record.plan_document) return nullptr;
        auto place = plans_.find(*record.plan);
        if (place == plans_.end()) {
            place = plans_.emplace(*record.plan, parse(*record.plan_document, *record.plan)).first;
        }
        return &place->second;
    }

    const calendar::Zone& zone_of(const std::string& name) {
        auto place = zones_.find(name);
        if (place == zones_.end()) place = zones_.emplace(name, get_zone(name)).first;
        return place->second;
    }

    const ComparisonScope& scope_;
    Choose choose_;
    Instant now_;
    std::string month_;
    invoicing::ComparisonTally tally_;
    std::map<std::string, Plan> plans_;
    std::map<std::string, calendar::Zone> zones_;
};

}  // namespace

invoicing::Comparison compare_with_draft(Store& store, const ComparisonScope& scope,
                                         const Plan& draft, Instant now) {
    return Comparing(
               scope, [&](const lifecycle::Session&) { return &draft; }, now)
        .run(store);
}

invoicing::Comparison compare_with_cost(Store& store, const ComparisonScope& scope, Instant now) {
    std::map<Instant, Plan> versions;  // by when they begin
    for (const CostPlan& cost : list_cost_plans(store)) {
        versions.insert_or_assign(cost.effective_from, parse(cost.document, cost.plan));
    }
    if (versions.empty()) {
        throw Refused(
            "there is no cost plan: tollgate plan cost PLAN says what the upstream takes");
    }
    const auto in_force = [&](const lifecycle::Session& session) -> const Plan* {
        const auto later = versions.upper_bound(session.loaded_at);
        return later == versions.begin() ? nullptr : &std::prev(later)->second;
    };
    return Comparing(scope, in_force, now).run(store);
}

}  // namespace ledger
