// The books held against themselves, from the facts up: chains, checkpoints, sessions, charges,
// invoices. Owns the order in which they are read, in one transaction that cannot write and sees
// one moment; what is compared, and how, is in proof/ and in the functions that wrote it. Holds one
// instance's facts at a time, however many there are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/store.h"
#include "platform/signing.h"
#include "proof/difference.h"

namespace ledger {

struct VerificationScope {
    /// Charges and invoices of this month alone. Chains and sessions know no months: all of them.
    std::optional<std::string> month = {};
    /// Whose signatures of checkpoints count; empty: the key that each names.
    std::vector<platform::PublicKey> trusted = {};
};

/// How many agreed, up to the first that did not.
struct Verification {
    std::uint64_t facts = 0;
    std::uint64_t chains = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t sessions = 0;
    std::uint64_t charged_sessions = 0;  // those whose charges were held against the rule
    std::uint64_t corrections = 0;       // by hand
    std::uint64_t invoices = 0;
    /// Instances whose facts are not in sessions yet, or wait for a person: not compared.
    std::uint64_t pending_instances = 0;
    std::uint64_t parked_instances = 0;
    std::optional<proof::Difference> difference;  // absent: all agree
};

/// Throws Unavailable.
Verification verify_books(Store& store, const VerificationScope& scope);

}  // namespace ledger
