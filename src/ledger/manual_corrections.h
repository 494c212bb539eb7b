// Corrections that the operator enters by hand: who, why, when, how much. Append-only, and chained
// by hash per account: each entry's hash covers the one before it, so that none can be changed,
// dropped from the middle or moved without every later hash changing; the hash is printed on the
// invoice. Fields are framed as in proof/chain.h:
//
// - The chain begins with SHA-256 of "tollgate corrections 1\n" and the framed account id.
// - An entry's hash is SHA-256 of "tollgate correction 1\n" and the framed: hash before it (64
//   lower-case hex digits), account id, sequence, reference, amount (plain digits, no trailing
//   zeros), currency, author, reason, entered_at in microseconds since 1970-01-01T00:00:00Z.
//
// The database makes the hashes when a row is inserted; here they are recomputed when rows are
// read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "invoicing/correction.h"
#include "ledger/store.h"
#include "lifecycle/ids.h"

namespace ledger {

struct NewCorrection {
    std::string account = {};    // its name or id
    std::string reference = {};  // the same again is the same entry, not a second one
    std::string amount = {};     // decimal, signed: negative is a credit
    std::string currency = {};
    std::string author = {};
    std::string reason = {};
};

struct StoredCorrection {
    lifecycle::AccountId account_id;
    std::string account;  // its name
    invoicing::Correction entry;
    std::optional<std::string> invoice = {};  // its number; absent: on none yet
    /// Its hash is not what the entries up to it make: it, or one before it, is not what was
    /// entered.
    bool is_broken = false;
};

enum class CorrectionEntered { entered, was_there };

/// Refused with a sentence: no such account, another currency, no amount or zero, more decimals
/// than the currency has or 10¹² and more, an empty or overlong text, a reference that stands for
/// another entry. Throws Unavailable; after CommitInDoubt, enter it again.
CorrectionEntered enter_correction(Store& store, const NewCorrection& correction,
                                   calendar::Instant now);

/// By account name, then in the order in which they were entered; absent: every account's.
std::vector<StoredCorrection> list_corrections(Store& store,
                                               const std::optional<std::string>& account);

}  // namespace ledger
