#include "ledger/attribution.h"

namespace ledger {
namespace {

bool is_fingerprint(const std::string& text) {
    return text.size() == 32 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::optional<lifecycle::AccountId> insert_account(Work& work, const std::string& name,
                                                   const std::string& currency) {
    const pqxx::result rows = work.exec_params(
        "INSERT INTO accounts (name, currency, passthrough) VALUES ($1, $2, true) "
        "ON CONFLICT (name) DO NOTHING RETURNING id",
        name, currency);
    if (rows.empty()) return std::nullopt;
    return lifecycle::AccountId(rows[0][0].as<std::string>());
}

}  // namespace

Attribution find_accounts(Work& work, const std::set<lifecycle::KeyFingerprint>& keys) {
    std::string list;
    for (const lifecycle::KeyFingerprint& key : keys) {
        if (is_fingerprint(key.text())) list += (list.empty() ? "" : ",") + key.text();
    }
    Attribution accounts;
    for (const auto& row : work.exec_params(
             "SELECT fingerprint, account_id FROM keys WHERE fingerprint = ANY($1::text[])",
             "{" + list + "}")) {
        accounts.emplace(lifecycle::KeyFingerprint(row[0].as<std::string>()),
                         lifecycle::AccountId(row[1].as<std::string>()));
    }
    return accounts;
}

lifecycle::AccountId make_passthrough_account(Work& work, const lifecycle::KeyFingerprint& key,
                                              const std::string& currency) {
    auto account = insert_account(work, "key-" + key.text().substr(0, 8), currency);
    if (!account) {
        // The name is taken: by another gateway that saw the same key just before, or by a key
        // that begins alike.
        const Attribution found = find_accounts(work, {key});
        if (const auto entry = found.find(key); entry != found.end()) return entry->second;
        account = insert_account(work, "key-" + key.text(), currency);
    }
    if (!account) throw Refused("no free name for the account of key " + key.text());
    work.exec_params("INSERT INTO keys (fingerprint, account_id, managed) VALUES ($1, $2, false)",
                     key.text(), account->text());
    return *account;
}

}  // namespace ledger
