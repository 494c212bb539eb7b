#include "ledger/accounts.h"

#include "ledger/transaction.h"
#include "money/currency.h"
#include "platform/crypto.h"

namespace ledger {
namespace {

constexpr const char* account_columns =
    "id, name, timezone, currency, passthrough, created_at, archived_at";
constexpr const char* key_columns =
    "k.fingerprint, k.account_id, a.name, k.label, k.managed, k.created_at, k.revoked_at";
constexpr std::size_t key_length = 40;  // 238 bits

Account read_account(const pqxx::row& row) {
    return {.id = lifecycle::AccountId(row[0].as<std::string>()),
            .name = row[1].as<std::string>(),
            .timezone = row[2].as<std::string>(),
            .currency = row[3].as<std::string>(),
            .passthrough = row[4].as<bool>(),
            .created_at = read_instant(row[5]),
            .archived_at = find_instant(row[6])};
}

Key read_key(const pqxx::row& row) {
    return {.fingerprint = lifecycle::KeyFingerprint(row[0].as<std::string>()),
            .account = lifecycle::AccountId(row[1].as<std::string>()),
            .account_name = row[2].as<std::string>(),
            .label = row[3].as<std::string>(),
            .managed = row[4].as<bool>(),
            .created_at = read_instant(row[5]),
            .revoked_at = find_instant(row[6])};
}

Account find_account(Work& work, const std::string& id_or_name) {
    const pqxx::result rows =
        work.exec_params(std::string("SELECT ") + account_columns +
                             " FROM accounts WHERE id = $1 OR name = $1 ORDER BY id = $1 DESC",
                         to_storable(id_or_name));
    if (rows.empty()) throw Refused("there is no account `" + id_or_name + "`");
    return read_account(rows[0]);
}

void check_name(const std::string& what, const std::string& text, std::size_t least) {
    if (text.size() < least || text.size() > 200 || to_storable(text) != text) {
        throw Refused(what + " is a text of " + std::to_string(least) + " to 200 bytes in UTF-8");
    }
}

}  // namespace

lifecycle::KeyFingerprint fingerprint_of(std::string_view key) {
    const auto digest = platform::sha256(key);
    return lifecycle::KeyFingerprint(platform::to_hex({digest.data(), 16}));
}

Account create_account(Store& store, const NewAccount& account) {
    check_name("an account's name", account.name, 1);
    return transact(store, [&](Work& work) {
        const bool is_zone = !work.exec_params("SELECT FROM pg_timezone_names WHERE name = $1",
                                               to_storable(account.timezone))
                                  .empty();
        if (!is_zone) throw Refused("there is no time zone `" + account.timezone + "`");
        if (!money::find_currency(account.currency)) {
            throw Refused(
                "`" + account.currency +
                "` is no currency that is paid in: write a code of ISO 4217, such as USD");
        }
        const pqxx::result rows = work.exec_params(
            std::string("INSERT INTO accounts (name, timezone, currency) VALUES ($1, $2, $3) "
                        "ON CONFLICT (name) DO NOTHING RETURNING ") +
                account_columns,
            account.name, account.timezone, account.currency);
        if (rows.empty()) throw Refused("there is an account `" + account.name + "` already");
        return read_account(rows[0]);
    });
}

std::vector<Account> list_accounts(Store& store, bool with_archived) {
    return transact(store, [&](Work& work) {
        std::vector<Account> accounts;
        for (const auto& row :
             work.exec_params(std::string("SELECT ") + account_columns +
                                  " FROM accounts WHERE $1 OR archived_at IS NULL ORDER BY name",
                              with_archived)) {
            accounts.push_back(read_account(row));
        }
        return accounts;
    });
}

Account get_account(Store& store, const std::string& id_or_name) {
    return transact(store, [&](Work& work) { return find_account(work, id_or_name); });
}

Account archive_account(Store& store, const std::string& id_or_name) {
    return transact(store, [&](Work& work) {
        const Account account = find_account(work, id_or_name);
        const pqxx::result open = work.exec_params(
            "SELECT FROM sessions WHERE account_id = $1 AND end_reason IS NULL LIMIT 1",
            account.id.text());
        if (!open.empty()) {
            throw Refused("account `" + account.name + "` has open sessions: end them first");
        }
        work.exec_params(
            "UPDATE keys SET revoked_at = now() WHERE account_id = $1 AND revoked_at IS NULL",
            account.id.text());
        work.exec_params(
            "UPDATE accounts SET archived_at = coalesce(archived_at, now()) "
            "WHERE id = $1",
            account.id.text());
        return find_account(work, account.id.text());
    });
}

CreatedKey create_key(Store& store, const std::string& account, const std::string& label) {
    check_name("a key's label", label, 0);
    CreatedKey created;
    created.key = "tg_" + platform::random_text(key_length);
    created.fingerprint = fingerprint_of(created.key);
    transact(store, [&](Work& work) {
        const Account owner = find_account(work, account);
        if (owner.archived_at) throw Refused("account `" + owner.name + "` is archived");
        work.exec_params(
            "INSERT INTO keys (fingerprint, account_id, label, managed) VALUES ($1, $2, $3, true)",
            created.fingerprint.text(), owner.id.text(), label);
    });
    return created;
}

std::vector<Key> list_keys(Store& store, const std::optional<std::string>& account) {
    return transact(store, [&](Work& work) {
        std::string id;
        if (account) id = find_account(work, *account).id.text();
        std::vector<Key> keys;
        for (const auto& row : work.exec_params(
                 std::string("SELECT ") + key_columns +
                     " FROM keys k JOIN accounts a ON a.id = k.account_id "
                     "WHERE $1 = '' OR k.account_id = $1 ORDER BY a.name, k.created_at",
                 id)) {
            keys.push_back(read_key(row));
        }
        return keys;
    });
}

Key revoke_key(Store& store, const std::string& fingerprint_prefix) {
    if (fingerprint_prefix.size() < 4 ||
        fingerprint_prefix.find_first_not_of("0123456789abcdef") != std::string::npos) {
        throw Refused(
            "a key is named by at least 4 digits of its fingerprint (`tollgate key list`)");
    }
    return transact(store, [&](Work& work) {
        const std::string query = std::string("SELECT ") + key_columns +
                                  " FROM keys k JOIN accounts a ON a.id = k.account_id "
                                  "WHERE k.fingerprint LIKE $1 LIMIT 2";
        const pqxx::result found = work.exec_params(query, fingerprint_prefix + "%");
        if (found.empty()) throw Refused("no key's fingerprint begins with " + fingerprint_prefix);
        if (found.size() > 1) {
            throw Refused("several keys' fingerprints begin with " + fingerprint_prefix);
        }
        work.exec_params(
            "UPDATE keys SET revoked_at = coalesce(revoked_at, now()) WHERE fingerprint = $1",
            found[0][0].as<std::string>());
        return read_key(work.exec_params1(query, found[0][0].as<std::string>()));
    });
}

}  // namespace ledger
