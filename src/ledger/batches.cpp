#include "ledger/batches.h"

#include "ledger/array_text.h"

namespace ledger {
namespace {

using lifecycle::AccountId;

struct Names {
    std::string accounts;
    std::string periods;
};

Names names_of(const std::set<BatchName>& names) {
    ArrayText accounts;
    ArrayText periods;
    for (const auto& [account, period] : names) {
        accounts.add(account.text());
        periods.add(period);
    }
    return {accounts.text(), periods.text()};
}

void take(const pqxx::result& rows, std::map<BatchName, int>& batches) {
    for (const auto& row : rows)
        batches[{AccountId(row[0].as<std::string>()), row[1].as<std::string>()}] = row[2].as<int>();
}

}  // namespace

std::map<BatchName, int> join_batches(Work& work, const std::set<BatchName>& names) {
    std::map<BatchName, int> batches;
    const Names all = names_of(names);
    take(work.exec_params("SELECT b.account_id, b.period, b.batch FROM charge_batches b JOIN "
                          "unnest($1::text[], $2::text[]) w (account_id, period) "
                          "USING (account_id, period) WHERE b.is_open ORDER BY 1, 2 "
                          "FOR SHARE OF b",
                          all.accounts, all.periods),
         batches);
    std::set<BatchName> missing = names;
    for (const auto& [name, batch] : batches) missing.erase(name);
    if (missing.empty()) return batches;
    const Names closed = names_of(missing);
    take(work.exec_params("INSERT INTO charge_batches AS b (account_id, period) SELECT * FROM "
                          "unnest($1::text[], $2::text[]) ORDER BY 1, 2 "
                          "ON CONFLICT (account_id, period) DO UPDATE SET is_open = true "
                          "RETURNING b.account_id, b.period, b.batch",
                          closed.accounts, closed.periods),
         batches);
    return batches;
}

std::set<BatchName> hold_open_batches(Work& work, const std::vector<AccountId>& accounts,
                                      const std::string& period) {
    ArrayText list;
    for (const AccountId& account : accounts) list.add(account.text());
    std::set<BatchName> held;
    for (const auto& row : work.exec_params(
             "SELECT account_id, period FROM charge_batches WHERE account_id = ANY($1::text[]) "
             "AND period <= $2 AND is_open ORDER BY 1, 2 FOR UPDATE",
             list.text(), period))
        held.insert({AccountId(row[0].as<std::string>()), row[1].as<std::string>()});
    return held;
}

void hold_batches(Work& work, const std::string& number) {
    work.exec_params(
        "SELECT FROM charge_batches WHERE (account_id, period) IN (SELECT account_id, period FROM "
        "invoice_batches WHERE number = $1) ORDER BY account_id, period FOR UPDATE",
        number);
}

void invoice_batches(Work& work, const std::set<BatchName>& held,
                     const std::map<AccountId, std::string>& numbers) {
    ArrayText accounts;
    ArrayText periods;
    ArrayText invoices;
    for (const auto& [account, period] : held) {
        const auto number = numbers.find(account);
        if (number == numbers.end()) continue;
        accounts.add(account.text());
        periods.add(period);
        invoices.add(number->second);
    }
    const std::string wanted =
        "unnest($1::text[], $2::text[], $3::text[]) w (account_id, period, number)";
    work.exec_params(
        "INSERT INTO invoice_batches (number, account_id, period, batch) SELECT "
        "w.number, w.account_id, w.period, g.batch FROM " +
            wanted +
            " JOIN charge_batches b USING (account_id, period) CROSS JOIN LATERAL "
            "generate_series(1, b.batch) g (batch) WHERE NOT EXISTS (SELECT FROM "
            "invoice_batches i WHERE i.account_id = w.account_id AND i.period = "
            "w.period AND i.batch = g.batch AND i.released_by IS NULL)",
        accounts.text(), periods.text(), invoices.text());
    work.exec_params("UPDATE charge_batches b SET batch = b.batch + 1, is_open = false FROM " +
                         wanted + " WHERE b.account_id = w.account_id AND b.period = w.period",
                     accounts.text(), periods.text(), invoices.text());
}

void release_batches(Work& work, const std::string& number, const std::string& note) {
    work.exec_params(
        "UPDATE invoice_batches SET released_by = $2 WHERE number = $1 AND "
        "released_by IS NULL",
        number, note);
    work.exec_params(
        "UPDATE charge_batches b SET is_open = true FROM (SELECT DISTINCT account_id, "
        "period FROM invoice_batches WHERE number = $1) i WHERE b.account_id = "
        "i.account_id AND b.period = i.period",
        number);
}

}  // namespace ledger
