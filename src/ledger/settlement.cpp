#include "ledger/settlement.h"

#include "calendar/period.h"
#include "invoicing/credit_note.h"
#include "ledger/batches.h"
#include "ledger/entered_text.h"
#include "ledger/issuing.h"

namespace ledger {
namespace {

using calendar::Instant;
using invoicing::Invoice;
using money::Payable;

std::optional<std::string> find_note(Work& work, const std::string& number) {
    const pqxx::result rows =
        work.exec_params("SELECT credit_note FROM invoice_voids WHERE number = $1", number);
    if (rows.empty()) return std::nullopt;
    return rows[0][0].as<std::string>();
}

void require_standing(Work& work, const std::string& number) {
    if (const auto note = find_note(work, number))
        throw Refused("invoice " + number + " is void: " + *note + " took it back");
}

void release_corrections(Work& work, const Invoice& note) {
    work.exec_params(
        "UPDATE invoice_corrections SET released_by = $2 WHERE number = $1 AND "
        "released_by IS NULL",
        note.voids, *note.number);
}

Payable read_payable(const pqxx::field& field, money::Currency currency) {
    const auto amount = Payable::parse(field.c_str(), currency);
    if (!amount) throw std::runtime_error(std::string("a payment is of ") + field.c_str());
    return *amount;
}

Payable read_open(Work& work, const Invoice& invoice) {
    const pqxx::row row = work.exec_params1(
        "SELECT coalesce(sum(amount), 0) FROM invoice_payments WHERE number = $1", *invoice.number);
    return invoice.total - read_payable(row[0], invoice.currency);
}

/// A payment stays on its invoice: on a void one nobody would look for it.
void require_unpaid(Work& work, const Invoice& invoice) {
    const Payable paid = invoice.total - read_open(work, invoice);
    if (paid.value().is_zero()) return;
    throw Refused("of invoice " + *invoice.number + " " + to_text(paid) + " " +
                  std::string(invoice.currency.code()) +
                  " are paid: take that back first (tollgate invoice pay " + *invoice.number +
                  " --amount " + to_text(-paid) + " …) and record it on the next invoice");
}

Payable amount_of(const NewPayment& payment, const Invoice& invoice, const Payable& open) {
    if (!payment.amount) {
        if (open.value().is_zero())
            throw Refused("of invoice " + payment.number + " nothing is open");
        return open;
    }
    const auto amount = Payable::parse(*payment.amount, invoice.currency);
    if (!amount || amount->value().is_zero())
        throw Refused("`" + *payment.amount + "` is no amount of " +
                      std::string(invoice.currency.code()));
    return *amount;
}

/// Nothing is paid twice, nothing back that was not paid.
void require_within(const Payable& amount, const Payable& open, const Invoice& invoice) {
    const Payable left = open - amount;
    const bool is_owed = !invoice.total.value().is_negative();
    const auto is_below = [&](const Payable& value) {
        return is_owed ? value.value().is_negative() : (-value).value().is_negative();
    };
    if (!is_below(left) && !is_below(invoice.total - left)) return;
    throw Refused("of invoice " + *invoice.number + " " + to_text(open) + " " +
                  std::string(invoice.currency.code()) + " of " + to_text(invoice.total) +
                  " are open: a payment of " + to_text(amount) + " does not fit");
}

/// Whether it is there already. Throws Refused: another one of the reference is.
bool is_recorded(Work& work, const NewPayment& payment, const Invoice& invoice) {
    const pqxx::result rows = work.exec_params(
        "SELECT amount, to_char(paid_on, 'YYYY-MM-DD') FROM invoice_payments WHERE number = $1 AND "
        "reference = $2",
        payment.number, payment.reference);
    if (rows.empty()) return false;
    const Payable amount = read_payable(rows[0][0], invoice.currency);
    const bool is_same =
        rows[0][1].as<std::string>() == payment.paid_on &&
        (!payment.amount || Payable::parse(*payment.amount, invoice.currency) == amount);
    if (!is_same)
        throw Refused("payment " + payment.reference + " of invoice " + payment.number + " is of " +
                      to_text(amount) + " on " + rows[0][1].as<std::string>());
    return true;
}

void insert_payment(Work& work, const NewPayment& payment, const Payable& amount, Instant now) {
    work.exec_params(
        "INSERT INTO invoice_payments (number, sequence, amount, paid_on, reference, author, "
        "recorded_at) VALUES ($1, 1, $2, $3, $4, $5, $6)",
        payment.number, to_text(amount), payment.paid_on, payment.reference, payment.author,
        calendar::to_text(now));
}

}  // namespace

Invoice void_invoice(Store& store, const Voiding& voiding, const InvoiceTerms& terms, Instant now) {
    const std::string reason = checked_text(voiding.reason, "reason", longest_reason);
    const std::string author = checked_text(voiding.author, "author", longest_name);
    return transact(store, [&](Work& work) {
        const Invoice original = read_invoice(work, voiding.number);
        lock_invoices_of(work, {original.account_id});
        hold_batches(work, voiding.number);
        require_standing(work, voiding.number);
        if (!original.voids.empty())
            throw Refused(voiding.number + " takes " + original.voids +
                          " back; what was wrong with that is on its next invoice");
        require_unpaid(work, original);
        Invoice note = invoicing::make_credit_note(original, reason, digest_of);
        issue_documents(work, {note}, terms, now);
        work.exec_params(
            "INSERT INTO invoice_voids (number, credit_note, author, reason) "
            "VALUES ($1, $2, $3, $4)",
            voiding.number, *note.number, author, reason);
        release_batches(work, note.voids, *note.number);
        release_corrections(work, note);
        return note;
    });
}

Payable record_payment(Store& store, const NewPayment& given, Instant now) {
    NewPayment payment = given;
    payment.reference = checked_text(given.reference, "reference", longest_name);
    payment.author = checked_text(given.author, "author", longest_name);
    if (!calendar::parse_day(payment.paid_on) || payment.paid_on < "1970")
        throw Refused("`" + payment.paid_on + "` is no day such as 2026-11-30");
    return transact(store, [&](Work& work) {
        const Invoice invoice = read_document(work, payment.number);
        lock_invoices_of(work, {invoice.account_id});
        require_standing(work, payment.number);
        const Payable open = read_open(work, invoice);
        if (is_recorded(work, payment, invoice)) return open;
        const Payable amount = amount_of(payment, invoice, open);
        require_within(amount, open, invoice);
        insert_payment(work, payment, amount, now);
        return open - amount;
    });
}

}  // namespace ledger
