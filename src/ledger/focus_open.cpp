#include "ledger/focus_open.h"

#include <unordered_map>

#include "invoicing/slice_parts.h"
#include "ledger/correction_rows.h"
#include "ledger/decimal_rows.h"
#include "ledger/invoices.h"
#include "ledger/row_stream.h"
#include "ledger/session_rows.h"
#include "metering/rule.h"

namespace ledger {
namespace {

using invoicing::FocusStatement;
using invoicing::LineKind;
using invoicing::SessionEntry;
using invoicing::SliceParts;
using lifecycle::Session;
using money::Decimal;

// What the session adds to its entry.
void describe(SessionEntry& entry, const Session& session) {
    entry.key = session.key;
    entry.gb = session.gb.value_or("");
    entry.concurrency = session.concurrency;
}

// An account whose rows are asked for.
struct Payer {
    calendar::Zone zone;
    FocusStatement statement;
    LineKind kind = LineKind::usage;  // adjustment: an invoice holds charges of the month already
};

money::Currency currency_of(const Account& account) {
    const auto currency = money::find_currency(account.currency);
    if (!currency) throw Refused("there is no currency " + account.currency);
    return *currency;
}

// A few questions for all accounts, however many.
class OpenReading {
  public:
    OpenReading(Work& work, const FocusQuery& query, const std::string& accounts,
                const FocusVisitor& visit)
        : work_(work),
          query_(query),
          accounts_(accounts),
          visit_(visit),
          plans_(read_plans_by_name(work)),
          period_(to_text(query.month)) {
        for (const Account& account : query.accounts) add(account);
    }

    std::int64_t run() {
        find_who_is_invoiced();
        visit_charges();
        visit_open_sessions();
        visit_corrections();
        return left_out_;
    }

  private:
    void add(const Account& account) {
        const calendar::Zone zone = get_zone(account.timezone);
        payers_.emplace(account.id.text(),
                        Payer{.zone = zone,
                              .statement = {.account_id = account.id,
                                            .account = account.name,
                                            .issuer = query_.issuer,
                                            .currency = currency_of(account),
                                            .billing_start = zone.start_of(query_.month),
                                            .billing_end = zone.start_of(query_.month.next())}});
    }

    void find_who_is_invoiced() {
        for (const auto& row : work_.exec_params(
                 "SELECT DISTINCT account_id FROM standing_charges WHERE period = $1 AND "
                 "account_id = ANY ($2::text[])",
                 period_, accounts_))
            payers_.at(row[0].c_str()).kind = LineKind::adjustment;
    }

    // Rows that no standing invoice holds, each as it was written: a correction's is a difference.
    void visit_charges() {
        for_each_row(
            work_, [&](const pqxx::row& row) { return visit_charge(row), true; },
            std::string(
                "SELECT c.session_id, c.model, c.plan, c.used_seconds, c.seconds, c.gb_seconds, "
                "c.amount, c.estimated, s.id IS NOT NULL, c.currency, c.account_id, ") +
                session_columns +
                " FROM charges c LEFT JOIN sessions s ON s.account_id = c.account_id AND s.id = "
                "c.session_id WHERE c.period = $1 AND c.account_id = ANY ($2::text[]) AND NOT "
                "EXISTS (SELECT FROM standing_charges i WHERE i.account_id = c.account_id AND "
                "i.session_id = c.session_id AND i.period = c.period AND i.revision = c.revision) "
                "ORDER BY c.account_id, c.session_id, c.revision",
            period_, accounts_);
    }

    void visit_charge(const pqxx::row& row) {
        if (row[6].is_null()) {
            ++left_out_;
            return;
        }
        const Payer& payer = payers_.at(row[10].c_str());
        SessionEntry entry{.kind = payer.kind,
                           .session = lifecycle::SessionId(row[0].c_str()),
                           .model = lifecycle::ModelName(row[1].c_str()),
                           .plan = row[2].c_str(),
                           .period = period_,
                           .used = read_decimal(row[3]),
                           .billable = read_decimal(row[4]),
                           .gb_seconds = read_decimal(row[5]),
                           .amount = read_decimal(row[6]),
                           .estimated = row[7].as<bool>()};
        require_currency(payer, entry, row[9].c_str());
        // A session that no fact supports any more has charges that take it back, and no row.
        if (row[8].as<bool>()) {
            const Session session = read_session(row, 11);
            describe(entry, session);
            if (const auto slice = find_slice(payer, session, entry.plan)) {
                entry.start = slice->start;
                entry.end = slice->end;
            }
        }
        emit(payer, entry);
    }

    static void require_currency(const Payer& payer, const SessionEntry& entry,
                                 std::string_view charged) {
        const std::string_view pays = payer.statement.currency.code();
        if (charged == pays) return;
        throw Refused("session " + entry.session.text() + " was charged in " +
                      std::string(charged) + ", the account pays in " + std::string(pays));
    }

    // What open sessions owe at this moment beyond their charges.
    void visit_open_sessions() {
        for_each_row(
            work_, [&](const pqxx::row& row) { return accrue(row), true; },
            std::string("SELECT s.account_id, s.plan, coalesce(c.used, 0), coalesce(c.seconds, 0), "
                        "coalesce(c.gb_seconds, 0), coalesce(c.amount, 0), ") +
                session_columns +
                " FROM sessions s LEFT JOIN LATERAL (SELECT sum(used_seconds) AS used, "
                "sum(seconds) AS seconds, sum(gb_seconds) AS gb_seconds, sum(amount) AS amount "
                "FROM charges e WHERE e.account_id = s.account_id AND e.session_id = s.id AND "
                "e.period = $1 AND e.plan = s.plan) c ON true WHERE s.end_reason IS NULL AND "
                "s.plan IS NOT NULL AND s.account_id = ANY ($2::text[]) "
                "ORDER BY s.account_id, s.loaded_at, s.id",
            period_, accounts_);
    }

    void accrue(const pqxx::row& row) {
        const Payer& payer = payers_.at(row[0].c_str());
        const std::string plan = row[1].as<std::string>();
        const Session session = read_session(row, 6);
        const auto slice = find_slice(payer, session, plan);
        if (!slice) return;
        if (!slice->amount) {
            ++left_out_;
            return;
        }
        SessionEntry entry{.kind = payer.kind,
                           .session = session.id,
                           .model = session.model,
                           .plan = plan,
                           .period = period_,
                           .runs = static_cast<std::int64_t>(session.runs),
                           .start = slice->start,
                           .end = slice->end,
                           .used = metering::to_seconds(slice->used) - read_decimal(row[2]),
                           .billable = metering::to_seconds(slice->billable) - read_decimal(row[3]),
                           .gb_seconds = *slice->gb_seconds - read_decimal(row[4]),
                           .amount = slice->amount->value() - read_decimal(row[5])};
        describe(entry, session);
        emit(payer, entry);
    }

    void visit_corrections() {
        for (const auto& row : work_.exec_params(
                 "SELECT DISTINCT m.account_id FROM manual_corrections m WHERE m.account_id = ANY "
                 "($1::text[]) AND NOT EXISTS (SELECT FROM standing_corrections i WHERE "
                 "i.account_id = m.account_id AND i.sequence = m.sequence) ORDER BY 1",
                 accounts_))
            visit_corrections_of(payers_.at(row[0].c_str()));
    }

    void visit_corrections_of(const Payer& payer) {
        const FocusStatement& statement = payer.statement;
        for (const auto& correction :
             read_uninvoiced_corrections(work_, statement.account_id).entries) {
            if (correction.entered_at >= statement.billing_start &&
                correction.entered_at < statement.billing_end)
                visit_(statement, correction_row(statement, correction));
        }
    }

    std::optional<SliceParts> find_slice(const Payer& payer, const Session& session,
                                         const std::string& plan) const {
        const auto found = plans_.find(plan);
        const auto facts = metering::to_facts(session, payer.statement.account_id.text());
        if (found == plans_.end() || !metering::find_fault(facts, true).empty()) return {};
        const auto charge = metering::rate_session(facts, found->second, payer.zone, query_.now);
        for (SliceParts& slice : invoicing::split(charge, charge.slices, payer.zone)) {
            if (slice.period == period_) return std::move(slice);
        }
        return {};
    }

    // What owes nothing and says nothing is no row.
    void emit(const Payer& payer, const SessionEntry& entry) {
        if (entry.billable.is_zero() && entry.amount->is_zero()) return;
        const auto plan = plans_.find(entry.plan);
        if (plan == plans_.end()) throw Refused("plan " + entry.plan + " is not in the ledger");
        visit_(payer.statement,
               usage_row(payer.statement, entry, plan->second.rate_per_gb_second, payer.zone));
    }

    Work& work_;
    const FocusQuery& query_;
    const std::string& accounts_;
    const FocusVisitor& visit_;
    PlansByName plans_;
    std::string period_;
    std::unordered_map<std::string, Payer> payers_;
    std::int64_t left_out_ = 0;
};

}  // namespace

PlansByName read_plans_by_name(Work& work) {
    PlansByName plans;
    for (const auto& row : work.exec("SELECT name, document FROM plans")) {
        auto parsed = metering::parse_plan(row[1].as<std::string>());
        if (auto* plan = std::get_if<metering::Plan>(&parsed))
            plans.emplace(row[0].as<std::string>(), std::move(*plan));
    }
    return plans;
}

std::int64_t for_each_open_row(Work& work, const FocusQuery& query, const std::string& accounts,
                               const FocusVisitor& visit) {
    return OpenReading(work, query, accounts, visit).run();
}

}  // namespace ledger
