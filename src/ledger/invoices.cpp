#include "ledger/invoices.h"

#include <tuple>

#include "invoicing/document.h"
#include "invoicing/due_date.h"
#include "ledger/chain_heads.h"
#include "ledger/charging.h"
#include "ledger/correction_rows.h"
#include "ledger/invoice_rows.h"
#include "ledger/issuing.h"
#include "platform/crypto.h"

namespace ledger {
namespace {

using calendar::Instant;
using invoicing::Draft;
using invoicing::Invoice;

Draft to_draft(const InvoiceRows& rows) {
    Draft draft = invoicing::make_draft(rows.input, digest_of);
    draft.obstacles.insert(draft.obstacles.end(), rows.obstacles.begin(), rows.obstacles.end());
    return draft;
}

int year_of(Instant instant) {
    return calendar::Zone::utc().month_at(instant).year;
}

// Locks the counter's row until the commit.
invoicing::Number take_number(Work& work, const std::string& series, int year) {
    const pqxx::row row = work.exec_params1("SELECT take_invoice_number($1, $2)", series, year);
    return {.series = series, .year = year, .counter = row[0].as<std::int64_t>()};
}

// Another series, or another format, may have written the same text.
void require_free(Work& work, const std::string& number) {
    if (work.exec_params("SELECT FROM invoices WHERE number = $1", number).empty()) return;
    throw Refused("there is an invoice " + number +
                  " already: set issuer.invoice_number or issuer.invoice_series so that each "
                  "number is new");
}

void write_invoice(Work& work, const Invoice& invoice, const invoicing::Number& number) {
    work.exec_params(
        "INSERT INTO invoices (number, series, year, counter, account_id, month, timezone, "
        "currency, issued_at, total, total_exact, digest, document) VALUES ($1, $2, $3, $4, $5, "
        "$6, $7, $8, $9, $10, $11, $12, $13)",
        *invoice.number, number.series, number.year, number.counter, invoice.account_id.text(),
        invoice.month, invoice.timezone, std::string(invoice.currency.code()),
        to_text(*invoice.issued_at), to_text(invoice.total), to_text(invoice.total_exact.value()),
        invoice.digest, to_json(invoice, invoicing::Layout::compact));
}

void mark_invoiced(Work& work, const Invoice& invoice,
                   const std::vector<invoicing::ChargeRow>& rows) {
    const std::vector<std::string> columns = {"account_id", "session_id", "period",
                                              "revision",   "number",     "runs"};
    pqxx::stream_to stream(work, "invoice_charges", columns);
    for (const invoicing::ChargeRow& row : rows) {
        stream << std::make_tuple(invoice.account_id.text(), row.session.text(), row.period,
                                  row.revision, *invoice.number, row.runs);
    }
    stream.complete();
}

std::vector<invoicing::ChainHead> read_heads_of(Work& work, const lifecycle::AccountId& account) {
    std::vector<invoicing::ChainHead> heads;
    for (const auto& row :
         work.exec_params("SELECT gateway, head, count, last_sequence FROM chain_heads "
                          "WHERE account_id = $1 ORDER BY 1",
                          account.text())) {
        const proof::ChainHead head = read_chain_head(row, 1);
        heads.push_back({.gateway = row[0].as<std::string>(),
                         .facts = head.count,
                         .last_sequence = head.last_sequence,
                         .hash = proof::to_text(head.hash)});
    }
    return heads;
}

// What the invoice rests on, to be found again when facts are long gone.
void keep_chain_heads(Work& work, const Invoice& invoice) {
    for (const invoicing::ChainHead& head : invoice.chain_heads) {
        work.exec_params(
            "INSERT INTO invoice_chain_heads (number, gateway, head, count, last_sequence) "
            "VALUES ($1, $2, $3::bytea, $4, $5)",
            *invoice.number, head.gateway, "\\x" + head.hash, head.facts, head.last_sequence);
    }
}

template <class Value>
Value get_value(std::optional<Value> value, const std::string& what) {
    if (!value) throw std::runtime_error("an invoice in the ledger holds " + what);
    return *value;
}

invoicing::Summary read_summary(const pqxx::row& row) {
    const auto code = row[4].as<std::string>();
    const auto currency = get_value(money::find_currency(code), "the currency " + code);
    return {.number = row[0].as<std::string>(),
            .account = row[1].as<std::string>(),
            .month = row[2].as<std::string>(),
            .issued_at = read_instant(row[3]),
            .total = get_value(money::Payable::parse(row[5].c_str(), currency), "a wrong total"),
            .total_exact = money::Amount(
                get_value(money::parse_decimal(row[6].c_str()), "a wrong sum"), currency),
            .digest = row[7].as<std::string>(),
            .kind = row[8].as<std::string>() == to_text(invoicing::DocumentKind::credit_note)
                        ? invoicing::DocumentKind::credit_note
                        : invoicing::DocumentKind::invoice,
            .paid = get_value(money::Payable::parse(row[9].c_str(), currency), "wrong payments"),
            .voided_by = row[10].c_str(),
            .voids = row[11].c_str()};
}

}  // namespace

std::string digest_of(std::string_view bytes) {
    return platform::to_hex(platform::sha256(bytes));
}

void lock_invoices_of(Work& work, const lifecycle::AccountId& account) {
    work.exec_params(
        "SELECT pg_advisory_xact_lock(hashtextextended('tollgate.invoices.' || $1, 0))",
        account.text());
}

void issue_document(Work& work, Invoice& document, const InvoiceTerms& terms, Instant now) {
    const invoicing::Number number = take_number(work, terms.series, year_of(now));
    document.number = to_text(number, terms.number_format);
    require_free(work, *document.number);
    document.issued_at = now;
    document.due_date = due_date_of(document, get_zone(document.timezone));
    document.chain_heads = read_heads_of(work, document.account_id);
    write_invoice(work, document, number);
    keep_chain_heads(work, document);
}

Invoice read_invoice(Work& work, const std::string& number) {
    const pqxx::result rows =
        work.exec_params("SELECT document FROM invoices WHERE number = $1", to_storable(number));
    if (rows.empty()) throw Refused("there is no invoice `" + number + "`");
    return invoicing::parse_invoice(rows[0][0].as<std::string>());
}

Draft preview_invoice(Store& store, const Account& account, calendar::Month month,
                      const InvoiceTerms& terms, Instant now) {
    return transact(store, [&](Work& work) {
        Draft draft =
            to_draft(read_invoice_rows(work, account, month, terms, now, Accruing::included));
        draft.invoice.accrued_to = now;
        return draft;
    });
}

bool has_ended(const Account& account, calendar::Month month, Instant now) {
    return get_zone(account.timezone).start_of(month.next()) <= now;
}

Closing close_month(Store& store, const Account& account, calendar::Month month,
                    const InvoiceTerms& terms, Instant now) {
    charge_open_sessions(store, account.id, now);
    return transact(store, [&](Work& work) -> Closing {
        lock_invoices_of(work, account.id);
        const InvoiceRows rows =
            read_invoice_rows(work, account, month, terms, now, Accruing::left_out);
        Draft draft = to_draft(rows);
        if (!draft.obstacles.empty()) return {.issued = {}, .obstacles = draft.obstacles};
        if (draft.invoice.moves_nothing()) return {.issued = {}};
        issue_document(work, draft.invoice, terms, now);
        mark_invoiced(work, draft.invoice, rows.input.rows);
        mark_corrections(work, account.id, *draft.invoice.number, draft.invoice.corrections);
        return {.issued = std::move(draft.invoice)};
    });
}

std::vector<invoicing::Summary> list_invoices(Store& store, const InvoiceFilter& filter) {
    std::optional<std::string> account;
    if (filter.account) account = filter.account->text();
    return transact(store, [&](Work& work) {
        std::vector<invoicing::Summary> invoices;
        for (const auto& row : work.exec_params(
                 "SELECT i.number, i.document::json ->> 'account', i.month, i.issued_at, "
                 "i.currency, "
                 "i.total, i.total_exact, i.digest, coalesce(i.document::json ->> 'kind', "
                 "'invoice'), (SELECT coalesce(sum(amount), 0) FROM invoice_payments p WHERE "
                 "p.number = i.number), coalesce(v.credit_note, ''), coalesce(w.number, '') FROM "
                 "invoices i LEFT JOIN invoice_voids v ON v.number = i.number LEFT JOIN "
                 "invoice_voids w ON w.credit_note = i.number WHERE ($1::text IS NULL OR "
                 "i.account_id = $1) AND ($2::text IS NULL OR i.month = $2) ORDER BY i.issued_at, "
                 "i.series, i.year, i.counter",
                 account, filter.month)) {
            invoices.push_back(read_summary(row));
        }
        return invoices;
    });
}

Invoice get_invoice(Store& store, const std::string& number) {
    return transact(store, [&](Work& work) { return read_invoice(work, number); });
}

}  // namespace ledger
