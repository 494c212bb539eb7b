#include "ledger/focus.h"

#include <algorithm>

#include "invoicing/document.h"
#include "ledger/focus_open.h"
#include "ledger/invoices.h"
#include "ledger/issuing.h"
#include "ledger/row_stream.h"

namespace ledger {
namespace {

using invoicing::FocusStatement;
using invoicing::Invoice;
using invoicing::SessionEntry;
using money::Decimal;

// An invoice's document without its sessions, which may be many. The text of numbers and the order
// of keys stay.
Invoice read_head(Work& work, const std::string& number) {
    const pqxx::row row = work.exec_params1(
        "SELECT (SELECT json_object_agg(key, CASE key WHEN 'sessions' THEN '[]'::json ELSE value "
        "END) FROM json_each(document::json)) FROM invoices WHERE number = $1",
        number);
    return invoicing::parse_invoice(row[0].as<std::string>());
}

Decimal get_decimal(const pqxx::field& field) {
    const auto value = money::parse_decimal(field.c_str());
    if (!value)
        throw std::runtime_error(std::string("not a decimal in an invoice: ") + field.c_str());
    return *value;
}

std::optional<Decimal> find_decimal(const pqxx::field& field) {
    if (field.is_null()) return std::nullopt;
    return get_decimal(field);
}

std::optional<calendar::Instant> find_document_instant(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : calendar::parse_instant(field.c_str());
}

const std::string entries_of_invoice =
    "SELECT s.kind, s.session, s.model, s.key, s.plan, s.period, s.gb, s.concurrency, s.runs, "
    "s.start, s.\"end\", s.used_seconds, s.billable_seconds, s.gb_seconds, s.amount, s.estimated "
    "FROM invoices i, json_to_recordset(i.document::json -> 'sessions') AS s(kind text, session "
    "text, model text, key text, plan text, period text, gb text, concurrency bigint, runs bigint, "
    "start text, \"end\" text, used_seconds text, billable_seconds text, gb_seconds text, amount "
    "text, estimated boolean) WHERE i.number = $1";

SessionEntry read_entry(const pqxx::row& row) {
    return {.kind = std::string_view(row[0].c_str()) == "usage" ? invoicing::LineKind::usage
                                                                : invoicing::LineKind::adjustment,
            .session = lifecycle::SessionId(row[1].c_str()),
            .model = lifecycle::ModelName(row[2].c_str()),
            .key = lifecycle::KeyFingerprint(row[3].c_str()),
            .plan = row[4].c_str(),
            .period = row[5].c_str(),
            .gb = row[6].c_str(),
            .concurrency = row[7].as<std::int64_t>(),
            .runs = row[8].as<std::int64_t>(),
            .start = find_document_instant(row[9]),
            .end = find_document_instant(row[10]),
            .used = get_decimal(row[11]),
            .billable = get_decimal(row[12]),
            .gb_seconds = find_decimal(row[13]),
            .amount = find_decimal(row[14]),
            .estimated = row[15].as<bool>()};
}

// By session and line, as the appendix has them; what was charged and charged back is not there.
const std::string entries_of_charges =
    "SELECT c.session_id, c.model, c.plan, c.period, (array_agg(c.key ORDER BY c.revision "
    "DESC))[1], (array_agg(c.gb ORDER BY c.revision DESC))[1], (array_agg(c.concurrency ORDER BY "
    "c.revision DESC))[1], (array_agg(c.starts_at ORDER BY c.revision DESC))[1], "
    "(array_agg(c.ends_at ORDER BY c.revision DESC))[1], (array_agg(c.estimated ORDER BY "
    "c.revision DESC))[1], sum(c.runs)::bigint, sum(c.used_seconds), sum(c.seconds), "
    "sum(c.gb_seconds), sum(c.amount) FROM invoice_batches b JOIN charges c USING (account_id, "
    "period, batch) WHERE b.number = $1 GROUP BY 1, 2, 3, 4 HAVING sum(c.runs) <> 0 OR "
    "sum(c.used_seconds) <> 0 OR sum(c.seconds) <> 0 OR sum(c.amount) <> 0 ORDER BY 4, 2, 3, 8, 1";

SessionEntry read_charged_entry(const pqxx::row& row) {
    return {.session = lifecycle::SessionId(row[0].c_str()),
            .model = lifecycle::ModelName(row[1].c_str()),
            .key = lifecycle::KeyFingerprint(row[4].c_str()),
            .plan = row[2].c_str(),
            .period = row[3].c_str(),
            .gb = row[5].c_str(),
            .concurrency = row[6].is_null() ? 1 : row[6].as<std::int64_t>(),
            .runs = row[10].as<std::int64_t>(),
            .start = find_instant(row[7]),
            .end = find_instant(row[8]),
            .used = get_decimal(row[11]),
            .billable = get_decimal(row[12]),
            .gb_seconds = find_decimal(row[13]),
            .amount = find_decimal(row[14]),
            .estimated = row[9].as<bool>()};
}

/// Charges from before they kept what they say of their session.
bool has_bare_charges(Work& work, const std::string& number) {
    return work
        .exec_params1(
            "SELECT EXISTS (SELECT FROM invoice_batches b JOIN charges c USING "
            "(account_id, period, batch) WHERE b.number = $1 AND c.key IS NULL)",
            number)[0]
        .as<bool>();
}

invoicing::LineKind kind_of(const Invoice& invoice, const SessionEntry& entry) {
    const bool is_adjustment = std::ranges::any_of(invoice.lines, [&](const auto& line) {
        return line.kind == invoicing::LineKind::adjustment && line.model == entry.model &&
               line.plan == entry.plan && line.period == entry.period;
    });
    return is_adjustment ? invoicing::LineKind::adjustment : invoicing::LineKind::usage;
}

void turn_sign(SessionEntry& entry) {
    entry.runs = -entry.runs;
    entry.used = -entry.used;
    entry.billable = -entry.billable;
    if (entry.gb_seconds) entry.gb_seconds = -*entry.gb_seconds;
    if (entry.amount) entry.amount = -*entry.amount;
}

/// Each session of the invoice, without holding them all where that can be helped.
void for_each_entry(Work& work, const Invoice& invoice, const std::string& number,
                    const std::function<void(const SessionEntry&)>& act) {
    if (invoice.digests_sessions) {
        for_each_row(
            work, [&](const pqxx::row& row) { return act(read_entry(row)), true; },
            entries_of_invoice, number);
        return;
    }
    const std::string& holder = invoice.voids.empty() ? number : invoice.voids;
    if (has_bare_charges(work, holder)) {
        for (const SessionEntry& entry : read_invoice(work, number).sessions) act(entry);
        return;
    }
    for_each_row(
        work,
        [&](const pqxx::row& row) {
            SessionEntry entry = read_charged_entry(row);
            entry.kind = kind_of(invoice, entry);
            if (!invoice.voids.empty()) turn_sign(entry);
            act(entry);
            return true;
        },
        entries_of_charges, holder);
}

void visit_invoice(Work& work, const std::string& number, const FocusVisitor& visit) {
    const Invoice invoice = read_head(work, number);
    const calendar::Zone zone = get_zone(invoice.timezone);
    const FocusStatement statement = statement_of(invoice, zone);
    for_each_entry(work, invoice, number, [&](const SessionEntry& entry) {
        visit(statement, usage_row(statement, entry, get_unit_price(invoice, entry), zone));
    });
    for (const auto& row : rows_beside_usage(invoice, statement, zone)) visit(statement, row);
}

void visit_invoices(Work& work, const Account& account, calendar::Month month,
                    const FocusVisitor& visit) {
    for_each_row(
        work,
        [&](const pqxx::row& row) {
            visit_invoice(work, row[0].as<std::string>(), visit);
            return true;
        },
        "SELECT number FROM invoices WHERE account_id = $1 AND month = $2 ORDER BY issued_at, "
        "series, year, counter",
        account.id.text(), to_text(month));
}

}  // namespace

std::int64_t for_each_focus_row(Store& store, const FocusQuery& query, const FocusVisitor& visit) {
    return transact_reading(store, [&](Work& work) {
        for (const Account& account : query.accounts)
            visit_invoices(work, account, query.month, visit);
        const PlansByName plans = read_plans_by_name(work);
        std::int64_t left_out = 0;
        for (const Account& account : query.accounts)
            left_out += for_each_open_row(work, query, account, plans, visit);
        return left_out;
    });
}

}  // namespace ledger
