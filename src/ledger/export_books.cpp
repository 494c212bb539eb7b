#include "ledger/export_books.h"

#include <nlohmann/json.hpp>
#include <set>

#include "ledger/decimal_rows.h"
#include "ledger/invoices.h"
#include "ledger/session_rows.h"

namespace ledger {
namespace {

using calendar::Instant;

// Sessions of account $1 that month $2's charges, or its invoices, hold.
const std::string charged_sessions =
    "(SELECT session_id FROM charges WHERE account_id = $1 AND period = $2 UNION SELECT "
    "h.session_id FROM invoice_charges h JOIN invoices i USING (number) WHERE h.account_id = $1 "
    "AND i.account_id = $1 AND i.month = $2)";

proof::ExportedCharge read_charge(const pqxx::row& row) {
    return {.session = lifecycle::SessionId(row[0].as<std::string>()),
            .revision = row[1].as<std::int64_t>(),
            .place = {.period = row[2].as<std::string>(), .plan = row[3].as<std::string>()},
            .owed = {.seconds = read_decimal(row[4]),
                     .used = read_decimal(row[5]),
                     .rounding = read_decimal(row[6]),
                     .minimum = read_decimal(row[7]),
                     .spin_down = read_decimal(row[8]),
                     .gb_seconds = find_decimal(row[9]),
                     .amount = find_decimal(row[10]),
                     .currency = row[11].as<std::string>(),
                     .status = row[12].as<std::string>(),
                     .estimated = row[13].as<bool>()},
            .as_of = find_instant(row[14]),
            .invoice = row[15].as<std::string>()};
}

class Reading {
  public:
    Reading(Work& work, const ExportRequest& request, proof::AccountExport& result)
        : work_(work), id_(request.account.id.text()), result_(result) {
        const calendar::Zone zone = get_zone(request.account.timezone);
        start_ = zone.start_of(request.month);
        end_ = zone.start_of(request.month.next());
    }

    void run() {
        read_sessions();
        read_charges();
        read_invoices();
        read_plans();
    }

  private:
    // Those that lived in the month, and those that its charges or its invoices hold.
    void read_sessions() {
        for (const auto& row : work_.exec_params(
                 std::string("SELECT coalesce(s.plan, ''), ") + session_columns +
                     " FROM sessions s WHERE s.account_id = $1 AND ((s.loaded_at < $4 AND "
                     "(s.end_reason IS NULL OR coalesce(s.ended_at, greatest(s.expires_at, "
                     "s.loaded_at)) >= $3)) OR s.id IN " +
                     charged_sessions +
                     ") ORDER BY s.upstream COLLATE \"C\", s.model COLLATE \"C\", s.loaded_at, "
                     "s.id COLLATE \"C\"",
                 id_, result_.month, to_text(start_), to_text(end_))) {
            result_.sessions.push_back({read_session(row, 1), row[0].as<std::string>()});
        }
        for (const auto& booked : result_.sessions) {
            if (!booked.plan.empty()) plans_.insert(booked.plan);
        }
    }

    // Of these sessions, and of those that are no sessions any more, every row.
    void read_charges() {
        nlohmann::json ids = nlohmann::json::array();
        for (const auto& booked : result_.sessions) ids.push_back(booked.session.id.text());
        for (const auto& row : work_.exec_params(
                 "SELECT c.session_id, c.revision, c.period, c.plan, c.seconds, c.used_seconds, "
                 "c.rounding_seconds, c.minimum_seconds, c.spin_down_seconds, c.gb_seconds, "
                 "c.amount, c.currency, c.status, c.estimated, c.as_of, coalesce(h.number, '') "
                 "FROM charges c LEFT JOIN invoice_batches h ON (h.account_id, h.period, h.batch) "
                 "= (c.account_id, c.period, c.batch) AND h.released_by IS NULL WHERE c.account_id "
                 "= $1 AND (c.session_id IN (SELECT "
                 "jsonb_array_elements_text($3::jsonb)) OR c.session_id IN " +
                     charged_sessions +
                     ") ORDER BY c.session_id COLLATE \"C\", c.period, c.revision",
                 id_, result_.month, ids.dump())) {
            result_.charges.push_back(read_charge(row));
            plans_.insert(result_.charges.back().place.plan);
        }
    }

    void read_invoices() {
        for (const auto& row :
             work_.exec_params("SELECT number, document FROM invoices WHERE account_id = $1 AND "
                               "month = $2 ORDER BY series, year, counter",
                               id_, result_.month)) {
            result_.invoices.push_back({row[0].as<std::string>(), row[1].as<std::string>()});
        }
    }

    void read_plans() {
        for (const auto& row : work_.exec_params(
                 "SELECT plan, effective_from, revision, false FROM plan_assignments WHERE "
                 "account_id = $1 AND effective_from < $2 UNION ALL SELECT plan, effective_from, "
                 "revision, true FROM default_plans WHERE effective_from < $2 ORDER BY 4, 2, 3",
                 id_, to_text(end_))) {
            result_.assignments.push_back({row[0].as<std::string>(), read_instant(row[1]),
                                           row[2].as<std::int64_t>(), row[3].as<bool>()});
        }
        for (const std::string& name : plans_) {
            const pqxx::result rows =
                work_.exec_params("SELECT document FROM plans WHERE name = $1", name);
            if (!rows.empty()) result_.plans.push_back({name, rows[0][0].as<std::string>()});
        }
    }

    Work& work_;
    const std::string id_;
    proof::AccountExport& result_;
    Instant start_;  // of the month
    Instant end_;
    std::set<std::string> plans_;  // that sessions and charges name
};

}  // namespace

void read_export_books(Work& work, const ExportRequest& request, proof::AccountExport& result) {
    Reading(work, request, result).run();
}

}  // namespace ledger
