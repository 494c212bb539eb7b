// An account's export of a month: what a customer needs to check his bill without our database.
// Pure. Owns the value and its text, which is read to the byte:
//
// UTF-8, JSON Lines: one object a line, each line ended by \n, no spaces, keys in the order given
// here, all of them there (null: absent). Instants are UTC (RFC 3339), decimals strings, hashes
// hex. Lines come in this order, each kind any number of times unless said otherwise:
//
// 1. {"tollgate_export":1,…}, once: when and for which month it was made, and the account.
// 2. {"plan":…}: a plan's name and document, as stored.
// 3. {"assignment":…}: a plan in force from an instant on; "default": for accounts without one.
//    Of one instant the highest revision counts; the account's own come before the defaults.
// 4. {"stretch":…}: one (gateway, account) chain (chain.h) is told from here. "after_…": the link
//    that the first fact follows; count 0: it is the chain's first. Then its facts, unbroken:
//    {"fact":…}, as stored and as hashed, "link" its hash. An account's fact of no stretch is none.
// 5. Facts of no chain of the account. {"rule":…}: what the catalogue or the operator said of a
//    model. {"early":…}: of the account's keys, from before they had an account. {"guest":…}: runs
//    of another account that kept an instance warm, as far as the account's own sessions show them;
//    bytes are not told.
// 6. {"rival":…}: another account's session under the same credential: when, not whose.
//    "discovered", "since", "lesser" decide whose an instance is that both saw (lifecycle/claim.h).
// 7. {"checkpoint":…}: signed earlier (checkpoint.h), of whole chains.
// 8. {"session":…}: those that the month's charges or invoices hold, or that lived in the month;
//    {"charge":…}: every row of theirs, in all months; {"invoice":…}: the month's, as stored.
// 9. {"digest":…}, once, last: SHA-256 of all lines before it with their ends; "public_key" and
//    "signature": Ed25519 of "tollgate export 1\n" and the digest's hex.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lifecycle/claim.h"
#include "lifecycle/fold.h"
#include "metering/owing.h"
#include "platform/signing.h"
#include "proof/chain.h"
#include "proof/checkpoint_check.h"
#include "proof/session_check.h"

namespace proof {

inline constexpr std::size_t export_bytes_limit = std::size_t{256} << 20;
inline constexpr std::size_t export_line_limit = std::size_t{64} << 20;

struct ExportedAccount {
    lifecycle::AccountId id;
    std::string name = {};
    std::string timezone = {};
    std::string currency = {};
    bool passthrough = false;
};

struct ExportedPlan {
    std::string name;
    std::string document;
};

struct ExportedAssignment {
    std::string plan;
    calendar::Instant effective_from;
    std::int64_t revision = 0;
    bool is_default = false;
};

/// A fact's row as stored; empty where it lacks a key or model.
struct ExportedFact {
    std::string gateway = {};
    std::uint64_t sequence = 0;
    std::string upstream = {};
    std::string kind = {};
    std::string key = {};
    std::string model = {};
    calendar::Instant occurred_at = {};
    calendar::Instant recorded_at = {};
    std::string body = {};
    Hash link = {};  // of no stretch: nothing
};

struct ExportedStretch {
    std::string gateway;
    ChainHead after;
    std::vector<ExportedFact> facts = {};
};

struct ExportedRival {
    lifecycle::UpstreamId upstream;
    lifecycle::ModelName model;
    lifecycle::Rival rival;
    lifecycle::Claim claim;
    lifecycle::LesserAccount lesser;
};

/// A row of the ledger's charges.
struct ExportedCharge {
    lifecycle::SessionId session;
    std::int64_t revision = 0;
    metering::Place place;
    metering::Owed owed;
    std::optional<calendar::Instant> as_of = {};
    std::string invoice = {};  // the one that holds it; empty: none yet
};

struct ExportedInvoice {
    std::string number;
    std::string document;
};

struct AccountExport {
    calendar::Instant made_at = {};
    std::string month = {};
    ExportedAccount account = {};
    std::vector<ExportedPlan> plans = {};
    std::vector<ExportedAssignment> assignments = {};
    std::vector<ExportedStretch> stretches = {};
    std::vector<ExportedFact> rules = {};
    std::vector<ExportedFact> early = {};
    std::vector<ExportedFact> guests = {};
    std::vector<ExportedRival> rivals = {};
    std::vector<SignedCheckpoint> checkpoints = {};
    std::vector<BookedSession> sessions = {};
    std::vector<ExportedCharge> charges = {};
    std::vector<ExportedInvoice> invoices = {};
};

/// All lines but the last.
std::string to_text(const AccountExport& value);

/// The last line.
struct ExportSeal {
    std::string digest;
    platform::PublicKey public_key{};
    platform::Signature signature{};
};
ExportSeal seal_of(std::string_view lines, const platform::SigningKey& key);
std::string to_text(const ExportSeal& seal);
/// What is signed.
std::string signed_text(const std::string& digest);

struct ReadExport {
    AccountExport value;
    ExportSeal seal;
    std::string_view lines;  // of the text, all but the last
};
struct UnreadableExport {
    std::size_t line = 0;  // from 1
    std::string why;
};
/// What was written above, to the byte; whether it is true is export_check.h's.
std::variant<ReadExport, UnreadableExport> read_export(std::string_view text);

}  // namespace proof
