// A checkpoint: where every chain stood at one moment, as a text to be signed. Pure. Owns the text:
//
// one JSON object without spaces, its keys in this order: "checkpoint" 1; "made_at"; "previous",
// the SHA-256 of the text of the checkpoint before it in hex, "" for the first; "heads", by gateway
// and account in order of their bytes, each with "gateway", "account", "count", "last_sequence" and
// "head", the hash of its last fact in hex (chain.h). What the operator entered by hand for an
// account is a chain too: of the "gateway" "corrections", its entries counted and numbered alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/instant.h"
#include "proof/chain.h"

namespace proof {

/// No gateway's id: theirs have 22 characters, and the operator's is "operator".
constexpr std::string_view corrections_gateway = "corrections";

struct NamedHead {
    std::string gateway;
    std::string account;  // empty: facts that are no account's
    ChainHead head;
    friend bool operator==(const NamedHead&, const NamedHead&) = default;
};

struct Checkpoint {
    calendar::Instant made_at;
    std::string previous;
    std::vector<NamedHead> heads;
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// The heads in any order.
std::string to_text(Checkpoint checkpoint);
/// What to_text wrote. Absent: anything else, to the byte.
std::optional<Checkpoint> parse_checkpoint(std::string_view text);

}  // namespace proof
