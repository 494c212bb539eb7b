#include "ledger/verification.h"

#include "invoicing/document.h"
#include "ledger/chain_heads.h"
#include "ledger/chain_verification.h"
#include "ledger/charge_rows.h"
#include "ledger/checkpoint_rows.h"
#include "ledger/correction_rows.h"
#include "ledger/month_sums.h"
#include "ledger/row_stream.h"
#include "proof/charge_check.h"
#include "proof/invoice_check.h"
#include "proof/session_check.h"

namespace ledger {
namespace {

using proof::Difference;

std::vector<proof::BookedSession> booked(const std::vector<FoldedSession>& sessions) {
    std::vector<proof::BookedSession> result;
    result.reserve(sessions.size());
    for (const FoldedSession& folded : sessions) result.push_back({folded.session, folded.plan});
    return result;
}

class Verifying {
  public:
    Verifying(Work& work, const VerificationScope& scope) : work_(work), scope_(scope) {}

    Verification run() {
        work_.exec("SET LOCAL statement_timeout = '24h'");
        verify_chains(work_, result_);
        if (!result_.difference) verify_checkpoints(work_, scope_.trusted, result_);
        if (!result_.difference) verify_instances();
        if (!result_.difference) verify_charges_without_session();
        if (!result_.difference) verify_month_sums();
        if (!result_.difference) verify_corrections();
        if (!result_.difference) verify_invoices();
        // The chains still hold what they held when each was issued.
        if (!result_.difference) result_.difference = find_wrong_invoice_head(work_, scope_.month);
        if (!result_.difference) verify_numbers();
        if (!result_.difference) verify_batches();
        return std::move(result_);
    }

  private:
    // Every instance that has facts or sessions.
    void verify_instances() {
        for_each_row(
            work_,
            [&](const pqxx::row& row) {
                if (row[3].as<bool>()) {
                    ++result_.pending_instances;
                } else if (row[4].as<bool>()) {
                    ++result_.parked_instances;
                } else {
                    verify_instance({.account = lifecycle::AccountId(row[0].as<std::string>()),
                                     .upstream = lifecycle::UpstreamId(row[1].as<std::string>()),
                                     .model = lifecycle::ModelName(row[2].as<std::string>())});
                }
                return !result_.difference;
            },
            // What a guest ran is read from its facts by folds of others, before it is folded
            // itself.
            std::string("SELECT i.account_id, i.upstream, i.model, ") +
                waits_in("pending_instances") + ", " + waits_in("parked_instances") +
                " FROM (SELECT account_id, upstream, model FROM facts WHERE account_id IS NOT NULL "
                "AND model IS NOT NULL UNION SELECT account_id, upstream, model FROM sessions) i "
                "ORDER BY 1, 2, 3");
    }

    static std::string waits_in(const std::string& table) {
        return "EXISTS (SELECT FROM " + table +
               " p WHERE (p.upstream, p.model) = (i.upstream, i.model) AND "
               "(p.account_id = i.account_id OR EXISTS (SELECT FROM instance_guests g WHERE "
               "(g.upstream, g.model, g.account_id) = (p.upstream, p.model, p.account_id))))";
    }

    void verify_instance(const InstanceName& instance) {
        const auto stored = list_sessions(work_, instance);
        result_.difference = proof::compare_sessions(
            instance.account, booked(derive_sessions(work_, instance)), booked(stored));
        if (result_.difference) return;
        result_.sessions += stored.size();
        for (const FoldedSession& folded : stored) {
            result_.difference = find_wrong_charge(work_, instance.account, folded, scope_.month);
            if (result_.difference) return;
            ++result_.charged_sessions;
        }
    }

    // What no fact supports any more must have been charged back.
    void verify_charges_without_session() {
        const pqxx::result rows = work_.exec_params(
            "SELECT account_id, session_id, period, plan, coalesce(sum(amount), 0)::text, "
            "sum(seconds)::text FROM charges c WHERE ($1::text IS NULL OR period = $1) AND NOT "
            "EXISTS (SELECT FROM sessions s WHERE s.account_id = c.account_id AND s.id = "
            "c.session_id) GROUP BY 1, 2, 3, 4 "
            "HAVING coalesce(sum(amount), 0) <> 0 OR sum(seconds) <> 0 ORDER BY 1, 2, 3, 4 LIMIT 1",
            scope_.month);
        if (rows.empty()) return;
        const pqxx::row row = rows[0];
        const auto decimal = [&](int field) { return money::parse_decimal(row[field].c_str()); };
        result_.difference = proof::check_charge_without_session(
            lifecycle::AccountId(row[0].as<std::string>()),
            lifecycle::SessionId(row[1].as<std::string>()),
            {.period = row[2].as<std::string>(), .plan = row[3].as<std::string>()},
            decimal(5).value(), decimal(4).value());
    }

    // What no standing invoice holds is in an open period, where the next closing finds it, and
    // what new charges join is on no invoice.
    void verify_batches() {
        const pqxx::result rows = work_.exec_params(
            "SELECT c.period, c.account_id, i.number IS NOT NULL FROM (SELECT "
            "DISTINCT account_id, period, batch FROM charges WHERE $1::text IS NULL OR "
            "period = $1) c LEFT JOIN charge_batches b USING (account_id, period) "
            "LEFT JOIN invoice_batches i ON (i.account_id, i.period, i.batch) = (c.account_id, "
            "c.period, c.batch) AND "
            "i.released_by IS NULL WHERE b.batch IS NULL OR b.batch < c.batch OR (i.number IS NULL "
            "AND NOT b.is_open) OR (i.number IS NOT NULL AND b.batch <= c.batch) "
            "ORDER BY 1, 2 LIMIT 1",
            scope_.month);
        if (rows.empty()) return;
        result_.difference =
            Difference{"charges of " + rows[0][0].as<std::string>() + " of account " +
                           rows[0][1].as<std::string>(),
                       "their batch", "on one standing invoice, or one that a closing finds",
                       rows[0][2].as<bool>() ? "one that is on an invoice and takes more"
                                             : "one that no closing finds"};
    }

    // What reports are read from.
    void verify_month_sums() { result_.difference = find_wrong_month_sum(work_, scope_.month); }

    // The chain of each account; what each invoice should hold of it is kept for verify_invoice.
    void verify_corrections() {
        std::map<std::pair<std::string, std::int64_t>, std::string> labels;
        for (const StoredCorrection& stored : read_corrections(work_, std::nullopt)) {
            const std::string name = std::to_string(stored.entry.sequence) + " (" +
                                     stored.entry.reference + ") of account " +
                                     stored.account_id.text();
            if (stored.is_broken) {
                result_.difference = Difference{"correction " + name, "hash",
                                                "that of the entries up to it", stored.entry.hash};
                return;
            }
            ++result_.corrections;
            labels[{stored.account_id.text(), stored.entry.sequence}] = label_of(stored.entry);
        }
        for (const auto& row : work_.exec("SELECT account_id, sequence, number FROM "
                                          "invoice_corrections ORDER BY 1, 2"))
            corrections_of_[row[2].as<std::string>()] +=
                labels[{row[0].as<std::string>(), row[1].as<std::int64_t>()}];
    }

    static std::string label_of(const invoicing::Correction& correction) {
        return std::to_string(correction.sequence) + " " + to_text(correction.amount) + " " +
               correction.hash + "; ";
    }

    void verify_invoices() {
        for_each_row(
            work_,
            [&](const pqxx::row& row) {
                verify_readable_invoice(row);
                if (!result_.difference) ++result_.invoices;
                return !result_.difference;
            },
            "SELECT i.number, i.account_id, i.month, i.currency, i.total, i.total_exact, "
            "i.digest, i.document, i.issued_at, i.timezone, (SELECT coalesce(sum(c.amount), 0) "
            "FROM invoice_charges h "
            "JOIN charges c USING (account_id, session_id, period, revision) "
            "WHERE h.number = i.number), v.reason, o.document FROM invoices i LEFT JOIN "
            "invoice_voids v ON v.credit_note = i.number LEFT JOIN invoices o ON o.number = "
            "v.number WHERE $1::text IS NULL OR i.month = $1 "
            "ORDER BY i.series, i.year, i.counter",
            scope_.month);
    }

    // What cannot be read is damage, not a database that is away.
    void verify_readable_invoice(const pqxx::row& row) {
        try {
            verify_invoice(row);
        } catch (const pqxx::failure&) {
            throw;
        } catch (const std::exception& error) {
            result_.difference = Difference{"invoice " + row[0].as<std::string>(), "document",
                                            "one that can be read", error.what()};
        }
    }

    void verify_invoice(const pqxx::row& row) {
        const invoicing::Invoice invoice = invoicing::parse_invoice(row[7].as<std::string>());
        const std::string number = row[0].as<std::string>();
        const auto hold = [&](const char* what, const std::string& column,
                              const std::string& document) {
            if (!result_.difference && column != document)
                result_.difference = Difference{"invoice " + number, what, document, column};
        };
        hold("number", number, invoice.number.value_or("none"));
        hold("account", row[1].as<std::string>(), invoice.account_id.text());
        hold("month", row[2].as<std::string>(), invoice.month);
        hold("instant of issue", calendar::to_text(read_instant(row[8])),
             invoice.issued_at ? calendar::to_text(*invoice.issued_at) : "none");
        hold("time zone", row[9].as<std::string>(), invoice.timezone);
        hold("currency", row[3].as<std::string>(), std::string(invoice.currency.code()));
        hold("total of its row", decimal_of(row[4]), money::to_text(invoice.total.value()));
        hold("exact total of its row", decimal_of(row[5]),
             money::to_text(invoice.total_exact.value()));
        hold("reason", row[11].c_str(), invoice.reason);
        std::string corrections;
        for (const auto& correction : invoice.corrections) corrections += label_of(correction);
        if (invoice.voids.empty()) hold("corrections", corrections_of_[number], corrections);
        std::string heads;
        for (const auto& head : invoice.chain_heads) heads += head_label(head);
        hold("chain heads", heads_of(number), heads);
        hold("digest of its row", row[6].as<std::string>(), invoice.digest);
        if (result_.difference) return;
        result_.difference = check_contents(invoice, row);
    }

    static std::optional<Difference> check_contents(const invoicing::Invoice& invoice,
                                                    const pqxx::row& row) {
        if (row[12].is_null())
            return proof::check_invoice(invoice, money::parse_decimal(row[10].c_str()).value());
        if (auto wrong = proof::check_invoice(invoice, std::nullopt)) return wrong;
        return proof::check_credit_note(invoice,
                                        invoicing::parse_invoice(row[12].as<std::string>()));
    }

    static std::string head_label(const invoicing::ChainHead& head) {
        return head.gateway + " " + std::to_string(head.facts) + " " +
               std::to_string(head.last_sequence) + " " + head.hash + "; ";
    }

    std::string heads_of(const std::string& number) {
        std::string labels;
        for (const auto& row : work_.exec_params(
                 "SELECT gateway, head, count, last_sequence FROM invoice_chain_heads "
                 "WHERE number = $1 ORDER BY 1",
                 number)) {
            const proof::ChainHead head = read_chain_head(row, 1);
            labels += head_label({.gateway = row[0].as<std::string>(),
                                  .facts = head.count,
                                  .last_sequence = head.last_sequence,
                                  .hash = proof::to_text(head.hash)});
        }
        return labels;
    }

    static std::string decimal_of(const pqxx::field& field) {
        return money::to_text(money::parse_decimal(field.c_str()).value());
    }

    // Numbers are gapless.
    void verify_numbers() {
        const pqxx::result rows = work_.exec(
            "SELECT c.series || '-' || c.year, c.last::text, count(i.number)::text "
            "FROM invoice_counters c LEFT JOIN invoices i ON i.series = c.series "
            "AND i.year = c.year AND i.counter BETWEEN 1 AND c.last "
            "GROUP BY c.series, c.year, c.last HAVING count(i.number) <> c.last ORDER BY 1 LIMIT "
            "1");
        if (rows.empty()) return;
        result_.difference = Difference{"the invoices of " + rows[0][0].as<std::string>(), "count",
                                        rows[0][1].as<std::string>(), rows[0][2].as<std::string>()};
    }

    Work& work_;
    const VerificationScope& scope_;
    Verification result_;
    std::map<std::string, std::string> corrections_of_;  // as labels, by invoice number
};

}  // namespace

Verification verify_books(Store& store, const VerificationScope& scope) {
    return transact_reading(store, [&](Work& work) { return Verifying(work, scope).run(); });
}

}  // namespace ledger
