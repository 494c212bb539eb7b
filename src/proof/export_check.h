// An export held against itself, from the facts up, by the same fold and the same rule that made
// the bill: chains, checkpoints, sessions, charges, invoices, then digest and signature. Pure.
// Owns the order; says what differs first.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proof/account_export.h"
#include "proof/difference.h"

namespace proof {

/// How many agreed, up to the first that did not.
struct ExportFindings {
    std::uint64_t facts = 0;  // in chains of the account
    std::uint64_t chains = 0;
    std::uint64_t checkpoints = 0;
    std::uint64_t sessions = 0;
    std::uint64_t charged_sessions = 0;
    std::uint64_t invoices = 0;
    std::map<std::string, money::Decimal> amounts = {};  // by currency: exact, the month's charges
    std::vector<std::string> heads = {};  // of invoices and checkpoints, that lie on chains
    std::optional<Difference> difference = {};
};

/// Of the lines but the last. `trusted`: whose checkpoints count; empty: the key that each names.
/// Throws std::runtime_error where this machine does not know the account's time zone.
ExportFindings check_export(const AccountExport& value,
                            const std::vector<platform::PublicKey>& trusted = {});

/// Of the last line: that a trusted key, or, where `trusted` is empty, the one that it names,
/// signed these lines.
std::optional<Difference> check_seal(const ExportSeal& seal, std::string_view lines,
                                     const std::vector<platform::PublicKey>& trusted);

/// Whether the session lived in [from, until).
bool lived_between(const lifecycle::Session& session, calendar::Instant from,
                   calendar::Instant until);

}  // namespace proof
