#include <map>
#include <set>

#include "ledger/array_text.h"
#include "ledger/batches.h"
#include "ledger/billing_rows.h"
#include "ledger/charging.h"
#include "ledger/correction_rows.h"
#include "ledger/decimal_rows.h"
#include "ledger/invoice_rows.h"
#include "ledger/invoices.h"
#include "ledger/issuing.h"

namespace ledger {
namespace {

using calendar::Instant;
using invoicing::Draft;
using invoicing::Invoice;
using lifecycle::AccountId;
using money::Decimal;

/// One month of one account, summed.
struct MonthOfAccount {
    std::vector<invoicing::LineSums> sums = {};
    bool is_plain = true;  // nothing unpriced, nothing in a currency that is not the account's
};

/// The months of many accounts, in the transaction that closes them.
class ClosingTogether {
  public:
    ClosingTogether(Work& work, const std::vector<Account>& accounts, calendar::Month month,
                    const InvoiceTerms& terms, Instant now)
        : work_(work), accounts_(accounts), month_(month), terms_(terms), now_(now) {
        for (const Account& account : accounts) {
            ids_.push_back(account.id);
            list_.add(account.id.text());
        }
    }

    std::vector<Closing> run() {
        lock_invoices_of(work_, ids_);
        held_ = hold_open_batches(work_, ids_, to_text(month_));
        find_unlike_ones();
        read_sums();
        billings_ = read_billings(work_, ids_);
        prices_ = read_unit_prices(work_);
        std::vector<Closing> closings;
        for (const Account& account : accounts_) closings.push_back(draft(account));
        issue(closings);
        return closings;
    }

  private:
    /// Whose invoice takes more than the month's sums: its charges are read.
    void find_unlike_ones() {
        for (const auto& [account, period] : held_) {
            if (period != to_text(month_)) unlike_.insert(account);
        }
        for (const auto& row : work_.exec_params(
                 "SELECT account_id FROM invoice_batches WHERE account_id = ANY($1::text[]) AND "
                 "period = $2 AND released_by IS NULL UNION SELECT account_id FROM sessions WHERE "
                 "account_id = ANY($1::text[]) AND plan IS NULL UNION SELECT account_id FROM "
                 "manual_corrections m WHERE account_id = ANY($1::text[]) AND NOT EXISTS (SELECT "
                 "FROM standing_corrections s WHERE (s.account_id, s.sequence) = (m.account_id, "
                 "m.sequence)) UNION SELECT account_id FROM charges WHERE account_id = "
                 "ANY($1::text[]) AND period = $2 AND key IS NULL",
                 list_.text(), to_text(month_)))
            unlike_.insert(AccountId(row[0].as<std::string>()));
    }

    void read_sums() {
        std::map<AccountId, std::string> currencies;
        for (const Account& account : accounts_) currencies[account.id] = account.currency;
        for (const auto& row : work_.exec_params(
                 // Upstreams are added up by the draft.
                 "SELECT account_id, model, plan, currency, unpriced_sessions, entries, "
                 "charged_runs, seconds, used_seconds, rounding_seconds, minimum_seconds, "
                 "spin_down_seconds, gb_seconds, amount FROM month_sums WHERE period = $2 AND "
                 "account_id = ANY($1::text[])",
                 list_.text(), to_text(month_)))
            add(row, currencies);
    }

    void add(const pqxx::row& row, const std::map<AccountId, std::string>& currencies) {
        const AccountId account(row[0].as<std::string>());
        invoicing::LineSums sums{.model = lifecycle::ModelName(row[1].as<std::string>()),
                                 .plan = row[2].as<std::string>(),
                                 .period = to_text(month_),
                                 .instances = row[5].as<std::int64_t>(),
                                 .runs = row[6].as<std::int64_t>(),
                                 .used = read_decimal(row[8]),
                                 .rounding = read_decimal(row[9]),
                                 .minimum = read_decimal(row[10]),
                                 .spin_down = read_decimal(row[11]),
                                 .billable = read_decimal(row[7]),
                                 .gb_seconds = read_decimal(row[12]),
                                 .amount = read_decimal(row[13])};
        if (sums.instances == 0) return;  // charged and charged back
        MonthOfAccount& month = months_[account];
        if (row[4].as<std::int64_t>() != 0 || row[3].as<std::string>() != currencies.at(account))
            month.is_plain = false;
        month.sums.push_back(std::move(sums));
    }

    /// What cannot be drafted stops its account alone.
    Closing draft(const Account& account) try {
        const MonthOfAccount& month = months_[account.id];
        const bool is_held = held_.contains({account.id, to_text(month_)});
        const bool is_unlike = unlike_.contains(account.id) || !month.is_plain;
        if (!is_unlike && !is_held) return {};
        Draft draft = is_unlike ? draft_of_charges(account) : draft_of_sums(account, month);
        if (!draft.obstacles.empty()) return {.issued = {}, .obstacles = draft.obstacles};
        if (draft.invoice.moves_nothing()) return {};
        return {.issued = std::move(draft.invoice)};
    } catch (const Refused& refused) {
        return {.issued = {}, .obstacles = {{refused.what()}}};
    }

    Draft draft_of_charges(const Account& account) {
        InvoiceRows rows =
            read_invoice_rows(work_, account, month_, terms_, now_, Accruing::left_out);
        // What came to a period that was closed when the batches were held waits for the next one.
        std::erase_if(rows.input.rows, [&](const invoicing::ChargeRow& row) {
            return !held_.contains({account.id, row.period});
        });
        Draft draft = invoicing::make_draft(rows.input, digest_of);
        draft.obstacles.insert(draft.obstacles.end(), rows.obstacles.begin(), rows.obstacles.end());
        return draft;
    }

    Draft draft_of_sums(const Account& account, const MonthOfAccount& month) {
        const auto currency = money::find_currency(account.currency);
        if (!currency) throw Refused("there is no currency " + account.currency);
        (void)get_zone(account.timezone);
        const auto found = billings_.find(account.id);
        Billing billing = found == billings_.end() ? Billing{} : found->second;
        if (billing.party.name.empty()) billing.party.name = account.name;
        return invoicing::make_draft({.account_id = account.id,
                                      .account = account.name,
                                      .month = to_text(month_),
                                      .timezone = account.timezone,
                                      .currency = *currency,
                                      .issuer = terms_.issuer,
                                      .customer = std::move(billing.party),
                                      .sums = month.sums,
                                      .unit_prices = prices_,
                                      .tax = std::move(billing.tax),
                                      .payment_days = terms_.payment_days},
                                     digest_of);
    }

    void issue(std::vector<Closing>& closings) {
        std::vector<std::reference_wrapper<Invoice>> documents;
        for (Closing& closing : closings) {
            if (closing.issued) documents.emplace_back(*closing.issued);
        }
        if (documents.empty()) return;
        issue_documents(work_, documents, terms_, now_);
        std::map<AccountId, std::string> numbers;
        for (const Invoice& document : documents) {
            numbers[document.account_id] = *document.number;
            mark_corrections(work_, document.account_id, *document.number, document.corrections);
        }
        invoice_batches(work_, held_, numbers);
    }

    Work& work_;
    const std::vector<Account>& accounts_;
    const calendar::Month month_;
    const InvoiceTerms& terms_;
    const Instant now_;
    std::vector<AccountId> ids_;
    ArrayText list_;
    std::set<BatchName> held_;
    std::set<AccountId> unlike_;
    std::map<AccountId, MonthOfAccount> months_;
    std::map<AccountId, Billing> billings_;
    std::map<std::string, Decimal> prices_;
};

}  // namespace

std::vector<Closing> close_months(Store& store, const std::vector<Account>& accounts,
                                  calendar::Month month, const InvoiceTerms& terms, Instant now) {
    if (accounts.empty()) return {};
    std::vector<AccountId> ids;
    for (const Account& account : accounts) {
        // One of an unknown zone is not charged; why it is not closed is said below.
        if (calendar::find_zone(account.timezone)) ids.push_back(account.id);
    }
    charge_open_sessions(store, ids, now);
    return transact(store, [&](Work& work) {
        return ClosingTogether(work, accounts, month, terms, now).run();
    });
}

Closing close_month(Store& store, const Account& account, calendar::Month month,
                    const InvoiceTerms& terms, Instant now) {
    Closing closing = std::move(close_months(store, {account}, month, terms, now).front());
    if (closing.issued) closing.issued = get_invoice(store, *closing.issued->number);
    return closing;
}

}  // namespace ledger
