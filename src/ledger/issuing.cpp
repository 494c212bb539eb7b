#include "ledger/issuing.h"

#include <map>
#include <tuple>

#include "invoicing/appendix.h"
#include "invoicing/credit_note.h"
#include "invoicing/document.h"
#include "invoicing/due_date.h"
#include "ledger/array_text.h"
#include "ledger/chain_heads.h"
#include "ledger/invoice_rows.h"
#include "platform/crypto.h"

namespace ledger {
namespace {

using calendar::Instant;
using invoicing::Invoice;
using Documents = std::vector<std::reference_wrapper<Invoice>>;

std::string accounts_of(const Documents& documents) {
    ArrayText list;
    for (const Invoice& document : documents) list.add(document.account_id.text());
    return list.text();
}

// Locks the counter's row until the commit; the last of `count`.
std::int64_t take_numbers(Work& work, const std::string& series, int year, std::size_t count) {
    return work
        .exec_params1("SELECT take_invoice_numbers($1, $2, $3)", series, year,
                      static_cast<int>(count))[0]
        .as<std::int64_t>();
}

// Another series, or another format, may have written the same text.
void require_free(Work& work, const Documents& documents) {
    ArrayText numbers;
    for (const Invoice& document : documents) numbers.add(*document.number);
    const pqxx::result taken = work.exec_params(
        "SELECT min(number) FROM invoices WHERE number = ANY($1::text[])", numbers.text());
    if (taken[0][0].is_null()) return;
    throw Refused("there is an invoice " + taken[0][0].as<std::string>() +
                  " already: set issuer.invoice_number or issuer.invoice_series so that each "
                  "number is new");
}

void read_heads(Work& work, const Documents& documents) {
    std::map<lifecycle::AccountId, std::vector<invoicing::ChainHead>> heads;
    for (const auto& row :
         work.exec_params("SELECT gateway, head, count, last_sequence, account_id FROM chain_heads "
                          "WHERE account_id = ANY($1::text[]) ORDER BY 1",
                          accounts_of(documents))) {
        const proof::ChainHead head = read_chain_head(row, 1);
        heads[lifecycle::AccountId(row[4].as<std::string>())].push_back(
            {.gateway = row[0].as<std::string>(),
             .facts = head.count,
             .last_sequence = head.last_sequence,
             .hash = proof::to_text(head.hash)});
    }
    for (Invoice& document : documents) document.chain_heads = heads[document.account_id];
}

std::string stored_form(const Invoice& invoice) {
    if (invoice.digests_sessions) return to_json(invoice, invoicing::Layout::compact);
    Invoice apart = invoice;
    apart.sessions.clear();
    return to_json(apart, invoicing::Layout::compact);
}

void write_invoices(Work& work, const Documents& documents, const std::string& series, int year,
                    std::int64_t first) {
    pqxx::stream_to stream(
        work, "invoices",
        std::vector<std::string>{"number", "series", "year", "counter", "account_id", "month",
                                 "timezone", "currency", "issued_at", "total", "total_exact",
                                 "digest", "document"});
    for (const Invoice& invoice : documents) {
        stream << std::make_tuple(*invoice.number, series, year, first++, invoice.account_id.text(),
                                  invoice.month, invoice.timezone,
                                  std::string(invoice.currency.code()), to_text(*invoice.issued_at),
                                  to_text(invoice.total), to_text(invoice.total_exact.value()),
                                  invoice.digest, stored_form(invoice));
    }
    stream.complete();
}

// What the invoices rest on, to be found again when facts are long gone.
void keep_chain_heads(Work& work, const Documents& documents) {
    pqxx::stream_to stream(
        work, "invoice_chain_heads",
        std::vector<std::string>{"number", "gateway", "head", "count", "last_sequence"});
    for (const Invoice& invoice : documents) {
        for (const invoicing::ChainHead& head : invoice.chain_heads)
            stream << std::make_tuple(*invoice.number, head.gateway, "\\x" + head.hash, head.facts,
                                      head.last_sequence);
    }
    stream.complete();
}

}  // namespace

std::string digest_of(std::string_view bytes) {
    return platform::to_hex(platform::sha256(bytes));
}

void lock_invoices_of(Work& work, const std::vector<lifecycle::AccountId>& accounts) {
    ArrayText list;
    for (const auto& account : accounts) list.add(account.text());
    // In one order everywhere.
    work.exec_params(
        "SELECT count(pg_advisory_xact_lock(lock)) FROM (SELECT DISTINCT "
        "hashtextextended('tollgate.invoices.' || account, 0) AS lock FROM "
        "unnest($1::text[]) a (account) ORDER BY 1) locks",
        list.text());
}

void issue_documents(Work& work, const Documents& documents, const InvoiceTerms& terms,
                     Instant now) {
    if (documents.empty()) return;
    const int year = calendar::Zone::utc().month_at(now).year;
    const std::int64_t last = take_numbers(work, terms.series, year, documents.size());
    const std::int64_t first = last - static_cast<std::int64_t>(documents.size()) + 1;
    std::int64_t counter = first;
    for (Invoice& document : documents) {
        document.number =
            to_text(invoicing::Number{.series = terms.series, .year = year, .counter = counter++},
                    terms.number_format);
        document.issued_at = now;
        document.due_date = due_date_of(document, get_zone(document.timezone));
    }
    require_free(work, documents);
    read_heads(work, documents);
    write_invoices(work, documents, terms.series, year, first);
    keep_chain_heads(work, documents);
}

Invoice read_document(Work& work, const std::string& number) {
    const pqxx::result rows =
        work.exec_params("SELECT document FROM invoices WHERE number = $1", to_storable(number));
    if (rows.empty()) throw Refused("there is no invoice `" + number + "`");
    return invoicing::parse_invoice(rows[0][0].as<std::string>());
}

Invoice read_invoice(Work& work, const std::string& number) {
    Invoice invoice = read_document(work, number);
    if (invoice.digests_sessions) return invoice;
    if (!invoice.voids.empty()) {
        const Invoice original = read_invoice(work, invoice.voids);
        invoice.sessions = make_credit_note(original, invoice.reason, digest_of).sessions;
        return invoice;
    }
    const Account account{.id = invoice.account_id,
                          .name = invoice.account,
                          .timezone = invoice.timezone,
                          .currency = std::string(invoice.currency.code()),
                          .created_at = {},
                          .archived_at = {}};
    invoice.sessions = invoicing::make_appendix(invoice, read_charges_of(work, account, number));
    return invoice;
}

}  // namespace ledger
