// The hash chain over facts: what makes a fact that is changed, dropped, inserted or moved show
// itself. Pure. Owns what is hashed, so that anybody can compute it with nothing but SHA-256:
//
// - Each (gateway, account) has a chain of its own, over its facts in order of sequence. Facts that
//   are no account's (the catalogue's, the operator's, those of keys that had no account when the
//   fact was posted) are in their gateway's chain of the account "".
// - A field is framed as its length in bytes, in decimal, a colon, its bytes (UTF-8), a comma:
//   `3:gpt,`. So no two lists of fields have one text.
// - The chain begins with SHA-256 of "tollgate chain 1\n" and the framed gateway and account.
// - A fact's hash is SHA-256 of "tollgate fact 1\n" and the framed: hash before it (64 lower-case
//   hex digits), gateway, sequence, account, upstream, kind, key, model, occurred_at, recorded_at,
//   body. Instants are microseconds since 1970-01-01T00:00:00Z, in decimal. What a fact lacks is
//   empty. All as stored: shipped_at alone, which says when, not what, is left out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "calendar/instant.h"

namespace proof {

using Hash = std::array<std::uint8_t, 32>;

/// A fact's row as it is stored. Looks at texts that others own.
struct ChainedFact {
    std::string_view gateway;
    std::uint64_t sequence = 0;
    std::string_view account;  // empty: no one's, as are key and model
    std::string_view upstream;
    std::string_view kind;
    std::string_view key;
    std::string_view model;
    calendar::Instant occurred_at;
    calendar::Instant recorded_at;
    std::string_view body;
};

/// What a chain's first fact follows.
Hash genesis(std::string_view gateway, std::string_view account);

/// The hash of `fact`, which follows the one whose hash is `previous`.
Hash extend(const Hash& previous, const ChainedFact& fact);

std::string to_text(const Hash& hash);
/// 64 lower-case hex digits; absent: anything else.
std::optional<Hash> parse_hash(std::string_view text);

/// Where a chain stands.
struct ChainHead {
    Hash hash{};
    std::uint64_t count = 0;
    std::uint64_t last_sequence = 0;
    friend bool operator==(const ChainHead&, const ChainHead&) = default;
};

/// A chain that no fact is in yet.
ChainHead start_of(std::string_view gateway, std::string_view account);
/// Moves the head on by one fact.
void advance(ChainHead& head, const ChainedFact& fact);

/// `text` framed as the header says.
void append_framed(std::string& out, std::string_view text);

}  // namespace proof
