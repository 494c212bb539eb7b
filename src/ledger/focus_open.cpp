#include "ledger/focus_open.h"

#include "invoicing/slice_parts.h"
#include "ledger/correction_rows.h"
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

Decimal get_decimal(const pqxx::field& field) {
    const auto value = money::parse_decimal(field.c_str());
    if (!value) throw std::runtime_error(std::string("not a decimal: ") + field.c_str());
    return *value;
}

// What the session adds to its entry.
void describe(SessionEntry& entry, const Session& session) {
    entry.key = session.key;
    entry.gb = session.gb.value_or("");
    entry.concurrency = session.concurrency;
}

class OpenReading {
  public:
    OpenReading(Work& work, const FocusQuery& query, const Account& account,
                const PlansByName& plans, const FocusVisitor& visit)
        : work_(work),
          query_(query),
          account_(account),
          plans_(plans),
          visit_(visit),
          zone_(get_zone(account.timezone)),
          period_(to_text(query.month)),
          statement_{.account_id = account.id,
                     .account = account.name,
                     .issuer = query.issuer,
                     .currency = currency_of(account),
                     .billing_start = zone_.start_of(query.month),
                     .billing_end = zone_.start_of(query.month.next())},
          kind_(is_invoiced_already() ? LineKind::adjustment : LineKind::usage) {}

    std::int64_t run() {
        visit_charges();
        visit_open_sessions();
        visit_corrections();
        return left_out_;
    }

  private:
    static money::Currency currency_of(const Account& account) {
        const auto currency = money::find_currency(account.currency);
        if (!currency) throw Refused("there is no currency " + account.currency);
        return *currency;
    }

    bool is_invoiced_already() {
        return work_
            .exec_params1(
                "SELECT EXISTS (SELECT FROM standing_charges WHERE account_id = $1 AND period = "
                "$2)",
                account_.id.text(), period_)[0]
            .as<bool>();
    }

    // Rows that no standing invoice holds, each as it was written: a correction's is a difference.
    void visit_charges() {
        for_each_row(
            work_, [&](const pqxx::row& row) { return visit_charge(row), true; },
            std::string(
                "SELECT c.session_id, c.model, c.plan, c.used_seconds, c.seconds, c.gb_seconds, "
                "c.amount, c.estimated, s.id IS NOT NULL, c.currency, ") +
                session_columns +
                " FROM charges c LEFT JOIN sessions s ON s.account_id = c.account_id AND s.id = "
                "c.session_id WHERE c.account_id = $1 AND c.period = $2 AND NOT EXISTS (SELECT "
                "FROM standing_charges i WHERE i.account_id = c.account_id AND i.session_id = "
                "c.session_id AND i.period = c.period AND i.revision = c.revision) "
                "ORDER BY c.session_id, c.revision",
            account_.id.text(), period_);
    }

    void visit_charge(const pqxx::row& row) {
        if (row[6].is_null()) {
            ++left_out_;
            return;
        }
        SessionEntry entry{.kind = kind_,
                           .session = lifecycle::SessionId(row[0].c_str()),
                           .model = lifecycle::ModelName(row[1].c_str()),
                           .plan = row[2].c_str(),
                           .period = period_,
                           .used = get_decimal(row[3]),
                           .billable = get_decimal(row[4]),
                           .gb_seconds = get_decimal(row[5]),
                           .amount = get_decimal(row[6]),
                           .estimated = row[7].as<bool>()};
        if (row[9].c_str() != account_.currency) {
            throw Refused("session " + entry.session.text() + " was charged in " + row[9].c_str() +
                          ", the account pays in " + account_.currency);
        }
        // A session that no fact supports any more has charges that take it back, and no row.
        if (row[8].as<bool>()) {
            const Session session = read_session(row, 10);
            describe(entry, session);
            if (const auto slice = find_slice(session, entry.plan)) {
                entry.start = slice->start;
                entry.end = slice->end;
            }
        }
        emit(entry);
    }

    // What open sessions owe at this moment beyond their charges.
    void visit_open_sessions() {
        for_each_row(
            work_,
            [&](const pqxx::row& row) {
                accrue(read_session(row, 1), row[0].as<std::string>());
                return true;
            },
            std::string("SELECT s.plan, ") + session_columns +
                " FROM sessions s WHERE s.account_id = $1 AND s.end_reason IS NULL AND s.plan IS "
                "NOT NULL AND s.loaded_at < $2 ORDER BY s.loaded_at, s.id",
            account_.id.text(), to_text(statement_.billing_end));
    }

    void accrue(const Session& session, const std::string& plan) {
        const auto slice = find_slice(session, plan);
        if (!slice) return;
        if (!slice->amount) {
            ++left_out_;
            return;
        }
        SessionEntry entry{.kind = kind_,
                           .session = session.id,
                           .model = session.model,
                           .plan = plan,
                           .period = period_,
                           .runs = static_cast<std::int64_t>(session.runs),
                           .start = slice->start,
                           .end = slice->end,
                           .used = metering::to_seconds(slice->used),
                           .billable = metering::to_seconds(slice->billable),
                           .gb_seconds = slice->gb_seconds,
                           .amount = slice->amount->value()};
        describe(entry, session);
        subtract_charges(entry);
        emit(entry);
    }

    void subtract_charges(SessionEntry& entry) {
        const pqxx::row sums = work_.exec_params1(
            "SELECT coalesce(sum(used_seconds), 0), coalesce(sum(seconds), 0), "
            "coalesce(sum(gb_seconds), 0), coalesce(sum(amount), 0) FROM charges "
            "WHERE account_id = $1 AND session_id = $2 AND period = $3 AND plan = $4",
            account_.id.text(), entry.session.text(), period_, entry.plan);
        entry.used -= get_decimal(sums[0]);
        entry.billable -= get_decimal(sums[1]);
        *entry.gb_seconds -= get_decimal(sums[2]);
        *entry.amount -= get_decimal(sums[3]);
    }

    void visit_corrections() {
        for (const auto& correction : read_uninvoiced_corrections(work_, account_.id).entries) {
            if (correction.entered_at < statement_.billing_start ||
                correction.entered_at >= statement_.billing_end)
                continue;
            visit_(statement_, correction_row(statement_, correction));
        }
    }

    std::optional<SliceParts> find_slice(const Session& session, const std::string& plan) const {
        const auto found = plans_.find(plan);
        const auto facts = metering::to_facts(session, account_.id.text());
        if (found == plans_.end() || !metering::find_fault(facts, true).empty()) return {};
        const auto charge = metering::rate_session(facts, found->second, zone_, query_.now);
        for (SliceParts& slice : invoicing::split(charge, charge.slices, zone_)) {
            if (slice.period == period_) return std::move(slice);
        }
        return {};
    }

    // What owes nothing and says nothing is no row.
    void emit(const SessionEntry& entry) {
        if (entry.billable.is_zero() && entry.amount->is_zero()) return;
        const auto plan = plans_.find(entry.plan);
        if (plan == plans_.end()) throw Refused("plan " + entry.plan + " is not in the ledger");
        visit_(statement_, usage_row(statement_, entry, plan->second.rate_per_gb_second, zone_));
    }

    Work& work_;
    const FocusQuery& query_;
    const Account& account_;
    const PlansByName& plans_;
    const FocusVisitor& visit_;
    calendar::Zone zone_;
    std::string period_;
    FocusStatement statement_;
    LineKind kind_;
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

std::int64_t for_each_open_row(Work& work, const FocusQuery& query, const Account& account,
                               const PlansByName& plans, const FocusVisitor& visit) {
    return OpenReading(work, query, account, plans, visit).run();
}

}  // namespace ledger
