#include "ledger/focus.h"

#include <algorithm>

#include "invoicing/document.h"
#include "ledger/array_text.h"
#include "ledger/decimal_rows.h"
#include "ledger/focus_open.h"
#include "ledger/invoices.h"
#include "ledger/row_stream.h"

namespace ledger {
namespace {

using invoicing::FocusStatement;
using invoicing::Invoice;
using invoicing::SessionEntry;
using money::Decimal;

// Both streams read the documents in this order. The second has the sessions of each, in the order
// in which they stand in it: a lateral join of a function keeps its outer side's order, and what
// reads them side by side would find out if it did not.
const std::string invoices_of_month =
    "(SELECT number, document::json AS document FROM invoices WHERE month = $1 AND account_id = "
    "ANY ($2::text[]) ORDER BY account_id, issued_at, series, year, counter) i";

// Documents without their sessions, which may be many. The text of numbers and the order of keys
// stay.
const std::string heads_of_invoices =
    "SELECT i.number, (SELECT json_object_agg(key, CASE key WHEN 'sessions' THEN '[]'::json ELSE "
    "value END) FROM json_each(i.document)) FROM " +
    invoices_of_month;

std::optional<calendar::Instant> find_document_instant(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : calendar::parse_instant(field.c_str());
}

const std::string entries_of_invoices =
    "SELECT s.kind, s.session, s.model, s.key, s.plan, s.period, s.gb, s.concurrency, s.runs, "
    "s.start, s.\"end\", s.used_seconds, s.billable_seconds, s.gb_seconds, s.amount, s.estimated, "
    "i.number FROM " +
    invoices_of_month +
    ", json_to_recordset(i.document -> 'sessions') AS s(kind text, session text, model text, key "
    "text, plan text, period text, gb text, concurrency bigint, runs bigint, start text, \"end\" "
    "text, used_seconds text, billable_seconds text, gb_seconds text, amount text, estimated "
    "boolean)";

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
            .used = read_decimal(row[11]),
            .billable = read_decimal(row[12]),
            .gb_seconds = find_decimal(row[13]),
            .amount = find_decimal(row[14]),
            .estimated = row[15].as<bool>()};
}

// A session's rows in a line come one after the other, the newest last. A document that takes
// another one back has the charges of that one.
const std::string charges_of_invoices =
    "SELECT i.number, c.session_id, c.model, c.plan, c.period, c.key, c.gb, c.concurrency, "
    "c.starts_at, c.ends_at, c.estimated, c.runs, c.used_seconds, c.seconds, c.gb_seconds, "
    "c.amount FROM invoices i LEFT JOIN invoice_voids v ON v.credit_note = i.number JOIN "
    "invoice_batches b ON b.number = coalesce(v.number, i.number) JOIN charges c ON "
    "(c.account_id, c.period, c.batch) = (b.account_id, b.period, b.batch) WHERE i.month = $1 AND "
    "i.account_id = ANY ($2::text[]) AND i.document::json ->> 'digest_covers' = 'lines' ORDER BY "
    "i.account_id, i.issued_at, i.series, i.year, i.counter, c.period, c.session_id, c.plan, "
    "c.revision";

bool is_same_entry(const SessionEntry& entry, const pqxx::row& row) {
    return entry.session.text() == row[1].c_str() && entry.model.text() == row[2].c_str() &&
           entry.plan == row[3].c_str() && entry.period == row[4].c_str();
}

SessionEntry begin_entry(const pqxx::row& row) {
    return {.session = lifecycle::SessionId(row[1].c_str()),
            .model = lifecycle::ModelName(row[2].c_str()),
            .plan = row[3].c_str(),
            .period = row[4].c_str()};
}

void add_row(SessionEntry& entry, const pqxx::row& row) {
    entry.key = lifecycle::KeyFingerprint(row[5].c_str());
    entry.gb = row[6].c_str();
    entry.concurrency = row[7].is_null() ? 1 : row[7].as<std::int64_t>();
    entry.start = find_instant(row[8]);
    entry.end = find_instant(row[9]);
    entry.estimated = row[10].as<bool>();
    entry.runs += row[11].as<std::int64_t>();
    entry.used += read_decimal(row[12]);
    entry.billable += read_decimal(row[13]);
    if (const auto gb_seconds = find_decimal(row[14]))
        entry.gb_seconds = entry.gb_seconds.value_or(Decimal()) + *gb_seconds;
    if (const auto amount = find_decimal(row[15]))
        entry.amount = entry.amount.value_or(Decimal()) + *amount;
}

/// Charged and charged back.
bool is_nothing(const SessionEntry& entry) {
    return entry.runs == 0 && entry.used.is_zero() && entry.billable.is_zero() &&
           entry.amount.value_or(Decimal()).is_zero();
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

/// Each of the invoice's sessions: the stream of documents that hold them, or that of charges, is
/// at them.
class SessionStreams {
  public:
    SessionStreams(Work& work, const std::string& month, const std::string& accounts)
        : stored_(work, entries_of_invoices, month, accounts),
          charged_(work, charges_of_invoices, month, accounts) {}

    template <class Act>
    void take(const Invoice& invoice, Act act) {
        if (invoice.digests_sessions) {
            for_each_of(stored_, 16, *invoice.number,
                        [&](const pqxx::row& row) { act(read_entry(row)); });
            return;
        }
        std::optional<SessionEntry> entry;
        const auto finish = [&] {
            if (!entry || is_nothing(*entry)) return;
            entry->kind = kind_of(invoice, *entry);
            if (!invoice.voids.empty()) turn_sign(*entry);
            act(*entry);
        };
        for_each_of(charged_, 0, *invoice.number, [&](const pqxx::row& row) {
            if (!entry || !is_same_entry(*entry, row)) {
                finish();
                entry = begin_entry(row);
            }
            add_row(*entry, row);
        });
        finish();
    }

    void require_end() {
        require_end(stored_, 16);
        require_end(charged_, 0);
    }

  private:
    template <class Act>
    static void for_each_of(RowCursor& stream, int number_column, const std::string& number,
                            Act act) {
        for (auto row = stream.peek(); row && (*row)[number_column].c_str() == number;
             row = stream.peek()) {
            act(*row);
            stream.pop();
        }
    }
    static void require_end(RowCursor& stream, int number_column) {
        if (const auto left = stream.peek())
            throw std::runtime_error(std::string("sessions of invoice ") +
                                     (*left)[number_column].c_str() + " came out of their order");
    }

    RowCursor stored_;
    RowCursor charged_;
};

void visit_invoice(const Invoice& invoice, SessionStreams& sessions, const FocusVisitor& visit) {
    const calendar::Zone zone = get_zone(invoice.timezone);
    const FocusStatement statement = statement_of(invoice, zone);
    sessions.take(invoice, [&](const SessionEntry& entry) {
        visit(statement, usage_row(statement, entry, get_unit_price(invoice, entry), zone));
    });
    for (const auto& row : rows_beside_usage(invoice, statement, zone)) visit(statement, row);
}

void visit_invoices(Work& work, const std::string& accounts, calendar::Month month,
                    const FocusVisitor& visit) {
    RowCursor heads(work, heads_of_invoices, to_text(month), accounts);
    SessionStreams sessions(work, to_text(month), accounts);
    for (auto row = heads.peek(); row; row = heads.peek()) {
        visit_invoice(invoicing::parse_invoice((*row)[1].as<std::string>()), sessions, visit);
        heads.pop();
    }
    sessions.require_end();
}

}  // namespace

std::int64_t for_each_focus_row(Store& store, const FocusQuery& query, const FocusVisitor& visit) {
    ArrayText accounts;
    for (const Account& account : query.accounts) accounts.add(account.id.text());
    return transact_reading(store, [&](Work& work) {
        visit_invoices(work, accounts.text(), query.month, visit);
        return for_each_open_row(work, query, accounts.text(), visit);
    });
}

}  // namespace ledger
