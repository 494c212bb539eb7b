#include "ledger/invoice_rows.h"

#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "invoicing/slice_parts.h"
#include "ledger/billing_rows.h"
#include "ledger/charge_basis.h"
#include "ledger/correction_rows.h"
#include "ledger/decimal_rows.h"
#include "ledger/session_rows.h"
#include "ledger/supply_taxes.h"
#include "metering/rule.h"

namespace ledger {
namespace {

using calendar::Instant;
using invoicing::ChargeRow;
using invoicing::SliceParts;
using lifecycle::Session;
using money::Decimal;

// Numbers of invoices, joined by commas, which none of them holds.
std::vector<std::string> read_numbers(const pqxx::field& field) {
    std::vector<std::string> numbers;
    std::istringstream text(field.is_null() ? "" : field.c_str());
    for (std::string number; std::getline(text, number, ',');) numbers.push_back(number);
    return numbers;
}

std::map<std::string, metering::Plan> read_plans(Work& work) {
    std::map<std::string, metering::Plan> plans;
    for (const auto& row : work.exec("SELECT name, document FROM plans")) {
        auto parsed = metering::parse_plan(row[1].as<std::string>());
        if (auto* plan = std::get_if<metering::Plan>(&parsed)) {
            plans.emplace(row[0].as<std::string>(), std::move(*plan));
        }
    }
    return plans;
}

class Reading {
  public:
    Reading(Work& work, const Account& account, calendar::Month month, Instant now)
        : work_(work),
          account_(account),
          month_(month),
          zone_(get_zone(account.timezone)),
          now_(now),
          plans_(read_plans(work)) {}

    std::vector<ChargeRow> rows;
    std::vector<invoicing::Obstacle> obstacles;
    bool asked_sessions = false;  // what rows say of them may be another thing tomorrow

    std::map<std::string, Decimal> unit_prices() const {
        std::map<std::string, Decimal> prices;
        for (const auto& [name, plan] : plans_) prices.emplace(name, plan.rate_per_gb_second);
        return prices;
    }

    /// Those that no standing invoice holds.
    void read_charges() {
        read_where(
            "c.account_id = $1 AND c.period <= $2 AND NOT EXISTS (SELECT FROM invoice_batches i "
            "WHERE i.account_id = c.account_id AND i.period = c.period AND i.batch = c.batch "
            "AND i.released_by IS NULL)",
            "i.released_by IS NULL", to_text(month_));
    }

    /// Those of an issued invoice; what was invoiced before is what it could know of.
    void read_charges_of(const std::string& number) {
        read_where(
            "c.account_id = $1 AND (c.period, c.batch) IN (SELECT period, batch FROM "
            "invoice_batches WHERE number = $2)",
            "EXISTS (SELECT FROM invoices o JOIN invoices t ON t.number = $2 LEFT JOIN invoices n "
            "ON n.number = i.released_by WHERE o.number = i.number AND (o.issued_at, o.series, "
            "o.year, o.counter) < (t.issued_at, t.series, t.year, t.counter) AND (n.number IS NULL "
            "OR (n.issued_at, n.series, n.year, n.counter) > (t.issued_at, t.series, t.year, "
            "t.counter)))",
            number);
    }

    void read_open_sessions() {
        for (const auto& row : work_.exec_params(
                 std::string("SELECT s.plan, (SELECT coalesce(sum(c.runs), 0) FROM charges c WHERE "
                             "c.account_id = s.account_id AND c.session_id = s.id), ") +
                     session_columns +
                     " FROM sessions s WHERE s.account_id = $1 AND s.end_reason IS NULL "
                     "AND s.plan IS NOT NULL AND s.loaded_at < $2 ORDER BY s.id",
                 account_.id.text(), to_text(zone_.start_of(month_.next())))) {
            accrue(read_session(row, 2), row[0].as<std::string>(), row[1].as<std::int64_t>());
        }
    }

    void find_sessions_without_plan() {
        for (const auto& row : work_.exec_params(
                 "SELECT id, model FROM sessions WHERE account_id = $1 AND plan IS NULL "
                 "AND running_at IS NOT NULL AND loaded_at < $2 ORDER BY id",
                 account_.id.text(), to_text(zone_.start_of(month_.next())))) {
            obstacles.push_back({"session " + row[0].as<std::string>() + " of " +
                                 row[1].as<std::string>() +
                                 " has no plan (tollgate plan assign … --from …)"});
        }
    }

    std::vector<invoicing::InvoicedBefore> read_invoiced() {
        std::set<std::string> periods;
        for (const ChargeRow& row : rows) periods.insert(row.period);
        std::vector<invoicing::InvoicedBefore> result;
        for (const std::string& period : periods) {
            for (const auto& row : work_.exec_params(
                     "SELECT c.model, c.plan, coalesce(sum(c.amount), 0), "
                     "string_agg(DISTINCT i.number, ',' ORDER BY i.number) FROM invoice_batches i "
                     "JOIN charges c USING (account_id, period, batch) WHERE i.account_id = $1 "
                     "AND i.period = $2 AND i.released_by IS NULL GROUP BY 1, 2 ORDER BY 1, 2",
                     account_.id.text(), period)) {
                result.push_back({.model = lifecycle::ModelName(row[0].as<std::string>()),
                                  .plan = row[1].as<std::string>(),
                                  .period = period,
                                  .amount = read_decimal(row[2]),
                                  .numbers = read_numbers(row[3])});
            }
        }
        return result;
    }

  private:
    /// `rows_are`: a condition on charges c, of $1 and $2; `counts`: one on invoice_batches i,
    /// whether what it holds was invoiced before.
    void read_where(const std::string& rows_are, const std::string& counts,
                    const std::string& second) {
        const pqxx::result found = work_.exec_params(
            "SELECT c.period, c.revision, c.plan, c.currency, c.status, c.estimated, c.seconds, "
            "c.used_seconds, c.rounding_seconds, c.minimum_seconds, c.spin_down_seconds, "
            "c.gb_seconds, c.amount, c.session_id, c.model, c.reason, c.evidence, "
            "coalesce(b.amount, 0), b.numbers, c.runs, c.key, c.gb, c.concurrency, c.starts_at, "
            "c.ends_at FROM charges c LEFT JOIN LATERAL (SELECT sum(e.amount) AS amount, "
            "string_agg(DISTINCT i.number, ',' ORDER BY i.number) AS numbers FROM charges e JOIN "
            "invoice_batches i USING (account_id, period, batch) WHERE e.account_id = "
            "c.account_id AND e.session_id = c.session_id AND e.period = c.period AND e.plan = "
            "c.plan AND " +
                counts + ") b ON true WHERE " + rows_are +
                " ORDER BY c.session_id, c.period, c.revision",
            account_.id.text(), second);
        rows.reserve(found.size());
        for (const auto& row : found) rows.push_back(read_charge(row));
    }

    ChargeRow read_charge(const pqxx::row& row) {
        ChargeRow charge{.session = lifecycle::SessionId(row[13].as<std::string>()),
                         .model = lifecycle::ModelName(row[14].as<std::string>()),
                         .plan = row[2].as<std::string>(),
                         .currency = row[3].as<std::string>(),
                         .period = row[0].as<std::string>(),
                         .revision = row[1].as<int>(),
                         .runs = row[19].as<std::int64_t>(),
                         .estimated = row[5].as<bool>(),
                         .unpriced = row[4].as<std::string>() == "unpriced",
                         .used = read_decimal(row[7]),
                         .rounding = read_decimal(row[8]),
                         .minimum = read_decimal(row[9]),
                         .spin_down = read_decimal(row[10]),
                         .billable = read_decimal(row[6]),
                         .gb_seconds = find_decimal(row[11]),
                         .amount = find_decimal(row[12]),
                         .reason = find_text(row[15]).value_or(""),
                         .evidence = find_text(row[16]).value_or(""),
                         .invoiced_before = read_decimal(row[17]),
                         .invoiced_on = read_numbers(row[18])};
        if (row[20].is_null()) {
            describe_by_session(charge);
        } else {
            charge.key = lifecycle::KeyFingerprint(row[20].as<std::string>());
            charge.gb = row[21].as<std::string>();
            charge.concurrency = row[22].as<std::int64_t>();
            charge.start = find_instant(row[23]);
            charge.end = find_instant(row[24]);
        }
        return charge;
    }

    /// A row from before rows kept what they say of their session.
    void describe_by_session(ChargeRow& charge) {
        asked_sessions = true;
        const pqxx::result found =
            work_.exec_params(std::string("SELECT ") + session_columns +
                                  " FROM sessions s WHERE s.account_id = $1 AND s.id = $2",
                              account_.id.text(), charge.session.text());
        if (!found.empty()) describe(charge, read_session(found[0], 0));
    }

    void describe(ChargeRow& charge, const Session& session) const {
        charge.key = session.key;
        charge.gb = session.gb.value_or("");
        charge.concurrency = session.concurrency;
        if (charge.evidence.empty()) charge.evidence = evidence_of(session);
        for (const SliceParts& slice : slices_of(session, charge.plan)) {
            if (slice.period != charge.period) continue;
            charge.start = slice.start;
            charge.end = slice.end;
        }
    }

    std::vector<SliceParts> slices_of(const Session& session, const std::string& plan) const {
        const auto found = plans_.find(plan);
        const auto facts = metering::to_facts(session, account_.id.text());
        if (found == plans_.end() || !metering::find_fault(facts, true).empty()) return {};
        const auto charge = metering::rate_session(facts, found->second, zone_, now_);
        return invoicing::split(charge, charge.slices, zone_);
    }

    // What an open session owes at this moment beyond its charges; its runs are of the first row.
    void accrue(const Session& session, const std::string& plan, std::int64_t runs_charged) {
        std::int64_t runs = static_cast<std::int64_t>(session.runs) - runs_charged;
        for (const SliceParts& slice : slices_of(session, plan)) {
            if (slice.period > to_text(month_)) continue;
            ChargeRow row{.session = session.id,
                          .model = session.model,
                          .plan = plan,
                          .currency = account_.currency,
                          .period = slice.period,
                          .revision = 0,
                          .unpriced = !slice.amount,
                          .accruing = true,
                          .used = metering::to_seconds(slice.used),
                          .rounding = metering::to_seconds(slice.rounding),
                          .minimum = metering::to_seconds(slice.minimum),
                          .spin_down = metering::to_seconds(slice.spin_down),
                          .billable = metering::to_seconds(slice.billable),
                          .gb_seconds = slice.gb_seconds};
            if (slice.amount) row.amount = slice.amount->value();
            describe(row, session);
            row.runs = std::exchange(runs, 0);
            if (subtract_charges(row)) rows.push_back(std::move(row));
        }
    }

    // Whether anything is left.
    bool subtract_charges(ChargeRow& row) {
        const pqxx::row sums = work_.exec_params1(
            "SELECT coalesce(sum(used_seconds), 0), coalesce(sum(rounding_seconds), 0), "
            "coalesce(sum(minimum_seconds), 0), coalesce(sum(spin_down_seconds), 0), "
            "coalesce(sum(seconds), 0), coalesce(sum(gb_seconds), 0), coalesce(sum(amount), 0) "
            "FROM charges WHERE account_id = $1 AND session_id = $2 AND period = $3 AND plan = $4",
            account_.id.text(), row.session.text(), row.period, row.plan);
        row.used -= read_decimal(sums[0]);
        row.rounding -= read_decimal(sums[1]);
        row.minimum -= read_decimal(sums[2]);
        row.spin_down -= read_decimal(sums[3]);
        row.billable -= read_decimal(sums[4]);
        if (row.gb_seconds) *row.gb_seconds -= read_decimal(sums[5]);
        if (row.amount) *row.amount -= read_decimal(sums[6]);
        return !row.used.is_zero() || !row.billable.is_zero() || row.runs != 0;
    }

    Work& work_;
    const Account& account_;
    calendar::Month month_;
    calendar::Zone zone_;
    Instant now_;
    std::map<std::string, metering::Plan> plans_;
};

}  // namespace

calendar::Zone get_zone(const std::string& name) {
    const auto zone = calendar::find_zone(name);
    if (!zone) throw Refused("there is no time zone " + name + " on this machine");
    return *zone;
}

std::map<std::string, Decimal> read_unit_prices(Work& work) {
    std::map<std::string, Decimal> prices;
    for (const auto& [name, plan] : read_plans(work)) prices.emplace(name, plan.rate_per_gb_second);
    return prices;
}

InvoiceRows read_invoice_rows(Work& work, const Account& account, calendar::Month month,
                              const InvoiceTerms& terms, Instant now, Accruing accruing) {
    const auto currency = money::find_currency(account.currency);
    if (!currency) throw Refused("there is no currency " + account.currency);
    Reading reading(work, account, month, now);
    reading.read_charges();
    if (accruing == Accruing::included) reading.read_open_sessions();
    reading.find_sessions_without_plan();
    auto invoiced = reading.read_invoiced();
    read_supply_taxes(work, invoiced);
    Billing billing = read_billing(work, account.id);
    if (billing.party.name.empty()) billing.party.name = account.name;
    auto corrections = read_uninvoiced_corrections(work, account.id);
    if (!corrections.fault.empty()) reading.obstacles.push_back({corrections.fault});
    return {.input = {.account_id = account.id,
                      .account = account.name,
                      .month = to_text(month),
                      .timezone = account.timezone,
                      .currency = *currency,
                      .issuer = terms.issuer,
                      .customer = std::move(billing.party),
                      .rows = std::move(reading.rows),
                      .corrections = std::move(corrections.entries),
                      .unit_prices = reading.unit_prices(),
                      .invoiced = std::move(invoiced),
                      .tax = std::move(billing.tax),
                      .payment_days = terms.payment_days,
                      .keeps_sessions = reading.asked_sessions},
            .obstacles = std::move(reading.obstacles)};
}

std::vector<invoicing::ChargeRow> read_charges_of(Work& work, const Account& account,
                                                  const std::string& number) {
    const auto month = calendar::Month{1970, 1};
    Reading reading(work, account, month, Instant{});
    reading.read_charges_of(number);
    return std::move(reading.rows);
}

}  // namespace ledger
