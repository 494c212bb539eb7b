#include "ledger/manual_corrections.h"

#include "ledger/chain_heads.h"
#include "ledger/correction_rows.h"
#include "ledger/entered_text.h"
#include "platform/crypto.h"
#include "proof/chain.h"

namespace ledger {
namespace {

using calendar::Instant;
using money::Decimal;
using money::Payable;

// Beyond what anybody is owed: a slip of the hand.
const Decimal amount_limit = Decimal(1'000'000'000'000);

Payable checked_amount(const std::string& text, money::Currency currency) {
    const auto value = money::parse_decimal(text);
    if (!value) throw Refused("`" + to_storable(text) + "` is no amount: write 12.50 or -12.50");
    if (value->is_zero()) throw Refused("the amount is zero: that corrects nothing");
    if (*value >= amount_limit || -*value >= amount_limit) {
        throw Refused("the amount " + text + " has more than 12 digits before the point");
    }
    const auto payable = Payable::parse(text, currency);
    if (payable) return *payable;
    throw Refused("the amount " + text + " is finer than " + std::string(currency.code()) +
                  " can be paid: it has " + std::to_string(currency.minor_units()) + " decimals");
}

proof::Hash genesis(const std::string& account) {
    std::string text = "tollgate corrections 1\n";
    proof::append_framed(text, account);
    return platform::sha256(text);
}

proof::Hash extend(const proof::Hash& previous, const std::string& account,
                   const invoicing::Correction& entry) {
    std::string text = "tollgate correction 1\n";
    proof::append_framed(text, proof::to_text(previous));
    proof::append_framed(text, account);
    proof::append_framed(text, std::to_string(entry.sequence));
    proof::append_framed(text, entry.reference);
    proof::append_framed(text, to_text(entry.amount.value()));
    proof::append_framed(text, entry.amount.currency().code());
    proof::append_framed(text, entry.author);
    proof::append_framed(text, entry.reason);
    proof::append_framed(text, std::to_string(entry.entered_at.micros));
    return platform::sha256(text);
}

money::Currency get_currency(const std::string& code) {
    const auto currency = money::find_currency(code);
    if (!currency) throw Refused("there is no currency " + to_storable(code));
    return *currency;
}

constexpr const char* columns =
    "c.account_id, a.name, c.sequence, c.reference, c.amount, c.currency, c.author, c.reason, "
    "c.entered_at, c.hash, i.number";

StoredCorrection read_row(const pqxx::row& row) {
    const auto currency = get_currency(row[5].as<std::string>());
    const auto amount = Payable::parse(row[4].c_str(), currency);
    // Nobody could enter it: nothing is made of it.
    if (!amount) throw std::runtime_error(std::string("a correction is of ") + row[4].c_str());
    return {.account_id = lifecycle::AccountId(row[0].as<std::string>()),
            .account = row[1].as<std::string>(),
            .entry = {.sequence = row[2].as<std::int64_t>(),
                      .reference = row[3].as<std::string>(),
                      .amount = *amount,
                      .author = row[6].as<std::string>(),
                      .reason = row[7].as<std::string>(),
                      .entered_at = read_instant(row[8]),
                      .hash = proof::to_text(read_hash(row[9]))},
            .invoice = find_text(row[10])};
}

std::string same_or_refused(const StoredCorrection& before, const invoicing::Correction& now) {
    if (before.entry.amount == now.amount && before.entry.author == now.author &&
        before.entry.reason == now.reason)
        return "";
    return "reference `" + now.reference + "` stands for another entry of account " +
           before.account + ": " + to_text(before.entry.amount) + " " +
           std::string(before.entry.amount.currency().code()) + " by " + before.entry.author +
           ", " + before.entry.reason;
}

}  // namespace

CorrectionEntered enter_correction(Store& store, const NewCorrection& given, Instant now) {
    return transact(store, [&](Work& work) {
        const pqxx::result accounts = work.exec_params(
            "SELECT id, name, currency FROM accounts WHERE id = $1 OR name = $1 "
            "ORDER BY id = $1 DESC LIMIT 1 FOR UPDATE",
            to_storable(given.account));
        if (accounts.empty()) throw Refused("there is no account `" + given.account + "`");
        const auto account = accounts[0][0].as<std::string>();
        const auto currency = get_currency(accounts[0][2].as<std::string>());
        if (given.currency != currency.code()) {
            throw Refused("account " + accounts[0][1].as<std::string>() + " pays in " +
                          std::string(currency.code()) + ", not in " + to_storable(given.currency));
        }
        const invoicing::Correction entry{
            .reference = checked_text(given.reference, "reference", longest_name),
            .amount = checked_amount(given.amount, currency),
            .author = checked_text(given.author, "author", longest_name),
            .reason = checked_text(given.reason, "reason", longest_reason),
            .entered_at = now};
        const pqxx::result added = work.exec_params(
            "INSERT INTO manual_corrections (account_id, sequence, reference, amount, currency, "
            "author, reason, entered_at, hash) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, '') "
            "ON CONFLICT (account_id, reference) DO NOTHING RETURNING sequence",
            account, entry.reference, to_text(entry.amount.value()), given.currency, entry.author,
            entry.reason, calendar::to_text(entry.entered_at));
        if (!added.empty()) return CorrectionEntered::entered;
        const StoredCorrection before = read_row(work.exec_params1(
            std::string("SELECT ") + columns +
                " FROM manual_corrections c JOIN accounts a ON a.id = c.account_id "
                "LEFT JOIN standing_corrections i USING (account_id, sequence) "
                "WHERE c.account_id = $1 AND c.reference = $2",
            account, entry.reference));
        if (const std::string why = same_or_refused(before, entry); !why.empty())
            throw Refused(why);
        return CorrectionEntered::was_there;
    });
}

std::vector<StoredCorrection> read_corrections(Work& work,
                                               const std::optional<std::string>& account) {
    std::vector<StoredCorrection> entries;
    proof::Hash hash{};
    for (const auto& row : work.exec_params(
             std::string("SELECT ") + columns +
                 " FROM manual_corrections c JOIN accounts a ON a.id = c.account_id "
                 "LEFT JOIN standing_corrections i USING (account_id, sequence) "
                 "WHERE $1::text IS NULL OR c.account_id = $1 ORDER BY a.name, 1, c.sequence",
             account)) {
        StoredCorrection stored = read_row(row);
        const bool is_first = entries.empty() || entries.back().account_id != stored.account_id;
        const std::int64_t expected = is_first ? 1 : entries.back().entry.sequence + 1;
        if (is_first) hash = genesis(stored.account_id.text());
        hash = extend(hash, stored.account_id.text(), stored.entry);
        stored.is_broken = (!is_first && entries.back().is_broken) ||
                           stored.entry.sequence != expected ||
                           proof::to_text(hash) != stored.entry.hash;
        entries.push_back(std::move(stored));
    }
    return entries;
}

std::vector<StoredCorrection> list_corrections(Store& store,
                                               const std::optional<std::string>& account) {
    return transact(store, [&](Work& work) {
        std::optional<std::string> id;
        if (account) {
            const pqxx::result found = work.exec_params(
                "SELECT id FROM accounts WHERE id = $1 OR name = $1 ORDER BY id = $1 DESC LIMIT 1",
                to_storable(*account));
            if (found.empty()) throw Refused("there is no account `" + *account + "`");
            id = found[0][0].as<std::string>();
        }
        return read_corrections(work, id);
    });
}

UninvoicedCorrections read_uninvoiced_corrections(Work& work, const lifecycle::AccountId& account) {
    UninvoicedCorrections result;
    for (StoredCorrection& stored : read_corrections(work, account.text())) {
        if (stored.is_broken && result.fault.empty()) {
            result.fault = "correction " + std::to_string(stored.entry.sequence) + " (" +
                           stored.entry.reference + ") or one before it is not what was entered";
        }
        if (!stored.invoice) result.entries.push_back(std::move(stored.entry));
    }
    return result;
}

void mark_corrections(Work& work, const lifecycle::AccountId& account, const std::string& number,
                      const std::vector<invoicing::Correction>& corrections) {
    for (const invoicing::Correction& correction : corrections) {
        work.exec_params(
            "INSERT INTO invoice_corrections (account_id, sequence, number) VALUES ($1, $2, $3)",
            account.text(), correction.sequence, number);
    }
}

}  // namespace ledger
