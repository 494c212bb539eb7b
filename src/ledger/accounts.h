// Accounts and their keys: who pays, and by what they are known. Keys are stored as fingerprints;
// the key itself is returned once, by create_key, and never kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/store.h"
#include "lifecycle/ids.h"

namespace ledger {

struct Account {
    lifecycle::AccountId id;
    std::string name;
    std::string timezone;
    std::string currency;
    bool passthrough = false;  // made by the first accepted call of an unknown key
    calendar::Instant created_at;
    std::optional<calendar::Instant> archived_at;
};

struct NewAccount {
    std::string name;
    std::string timezone = "UTC";
    std::string currency = "USD";
};

struct Key {
    lifecycle::KeyFingerprint fingerprint;
    lifecycle::AccountId account;
    std::string account_name;
    std::string label;
    bool managed = false;
    calendar::Instant created_at;
    std::optional<calendar::Instant> revoked_at;
};

struct CreatedKey {
    std::string key;  // the only time it is seen
    lifecycle::KeyFingerprint fingerprint;
};

/// The first 16 bytes of the SHA-256 of the key, hex: what facts and the ledger know it by.
lifecycle::KeyFingerprint fingerprint_of(std::string_view key);

// Accounts and keys are named by their id, or name or a unique beginning of the fingerprint. All
// throw Unavailable, and Refused with a sentence where something is not there or is taken.
Account create_account(Store& store, const NewAccount& account);
std::vector<Account> list_accounts(Store& store, bool with_archived);
Account get_account(Store& store, const std::string& id_or_name);
/// Its keys are revoked with it. Refused while it has open sessions.
Account archive_account(Store& store, const std::string& id_or_name);

CreatedKey create_key(Store& store, const std::string& account, const std::string& label);
std::vector<Key> list_keys(Store& store, const std::optional<std::string>& account);
Key revoke_key(Store& store, const std::string& fingerprint_prefix);

}  // namespace ledger
