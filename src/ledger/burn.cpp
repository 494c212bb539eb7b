#include "ledger/burn.h"

#include <unordered_map>

#include "ledger/array_text.h"
#include "ledger/decimal_rows.h"
#include "ledger/focus_open.h"
#include "ledger/invoices.h"
#include "ledger/row_stream.h"
#include "ledger/session_rows.h"

namespace ledger {
namespace {

using invoicing::BurnRow;

// Two questions for all accounts, however many.
class Reading {
  public:
    Reading(Work& work, const std::vector<Account>& accounts, calendar::Instant now)
        : work_(work), now_(now), plans_(read_plans_by_name(work)) {
        for (const Account& account : accounts) add(account);
    }

    invoicing::Burn run() {
        read_charges();
        read_open_sessions();
        invoicing::Burn burn{.as_of = now_};
        for (auto& [id, place] : places_) burn.rows.push_back(std::move(place.row));
        sort_rows(burn);
        return burn;
    }

  private:
    struct Place {
        calendar::Zone zone;
        BurnRow row;
    };

    void add(const Account& account) {
        const calendar::Zone zone = get_zone(account.timezone);
        BurnRow row{.account_id = account.id,
                    .account = account.name,
                    .currency = account.currency,
                    .month = to_text(zone.month_at(now_))};
        ids_.add(account.id.text());
        months_.add(row.month);
        places_.emplace(account.id.text(), Place{zone, std::move(row)});
    }

    void read_charges() {
        for (const auto& found : work_.exec_params(
                 "SELECT a.id, sum(c.amount) FROM unnest($1::text[], $2::text[]) a(id, month) "
                 "JOIN charges c ON c.account_id = a.id AND c.period = a.month "
                 "WHERE c.amount IS NOT NULL GROUP BY a.id",
                 ids_.text(), months_.text())) {
            places_.at(found[0].c_str()).row.month_to_date = read_decimal(found[1]);
        }
    }

    void read_open_sessions() {
        for_each_row(
            work_, [&](const pqxx::row& found) { return add_session(found), true; },
            std::string("SELECT a.id, s.plan, (SELECT coalesce(sum(c.amount), 0) FROM charges c "
                        "WHERE c.account_id = s.account_id AND c.session_id = s.id AND c.period = "
                        "a.month AND c.plan = s.plan), ") +
                session_columns +
                " FROM unnest($1::text[], $2::text[]) a(id, month) JOIN sessions s ON "
                "s.account_id = a.id WHERE s.end_reason IS NULL",
            ids_.text(), months_.text());
    }

    void add_session(const pqxx::row& found) {
        Place& place = places_.at(found[0].c_str());
        const auto plan = plans_.find(found[1].c_str());
        if (plan == plans_.end()) {
            ++place.row.open;
            ++place.row.unpriced;
            return;
        }
        const auto facts = metering::to_facts(read_session(found, 3), found[0].c_str());
        add_open_session(place.row, facts, plan->second, place.zone, now_, read_decimal(found[2]));
    }

    Work& work_;
    calendar::Instant now_;
    PlansByName plans_;
    ArrayText ids_;
    ArrayText months_;  // of the ids
    std::unordered_map<std::string, Place> places_;
};

}  // namespace

invoicing::Burn read_burn(Store& store, const std::vector<Account>& accounts,
                          calendar::Instant now) {
    return transact_reading(store, [&](Work& work) { return Reading(work, accounts, now).run(); });
}

}  // namespace ledger
