#include "ledger/invoices.h"

#include "ledger/invoice_rows.h"
#include "ledger/issuing.h"

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
            .voids = row[11].c_str(),
            .net = get_value(money::Payable::parse(row[12].c_str(), currency), "a wrong net sum"),
            .tax = get_value(money::Payable::parse(row[13].c_str(), currency), "a wrong tax")};
}

}  // namespace

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
                 "p.number = i.number), coalesce(v.credit_note, ''), coalesce(w.number, ''), "
                 "coalesce(i.document::json ->> 'net', i.total::text), "
                 "coalesce(i.document::json ->> 'tax', '0') FROM "
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
