// Facts as evidence: what the fold reasons about, sorted, without duplicates, with the wire's
// details taken off. All instants are on the upstream's clock: each gateway's are moved by its own
// measured offset (upstream_clock.h), so that it does not matter which gateway saw what. Ours to
// fold.cpp, openings.cpp and life.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lifecycle/fact.h"
#include "lifecycle/upstream_clock.h"

namespace lifecycle {

/// A question and its answer.
struct Stamp {
    calendar::Instant asked;
    calendar::Instant answered;
    ClockOffset offset;          // by which both were moved
    calendar::Instant recorded;  // gateway clock: the fact's occurred_at
};

enum class Sight { booting, running, failed, stopped, absent };

/// One look at the instance.
struct Observation {
    Stamp stamp;
    KeyFingerprint key;
    Sight sight = Sight::absent;
    std::optional<std::int64_t> concurrency;
    std::optional<std::int64_t> inferences;
    std::optional<std::int64_t> expiration_seconds;
    std::optional<calendar::Instant> created;
    std::optional<calendar::Instant> modified;
    std::optional<calendar::Instant> expires_at;

    bool is_alive() const { return sight == Sight::booting || sight == Sight::running; }
};

/// A load that was accepted, or whose outcome nobody knows.
struct Load {
    GatewayId gateway;
    CallId call;
    KeyFingerprint key;
    ModelName model;
    LoadOptions options;
    std::optional<std::string> gb;
    Stamp stamp;
    bool accepted = false;
};

/// A delete that was accepted, or whose outcome nobody knows.
struct Deletion {
    Stamp stamp;
    bool accepted = false;
};

/// Runs that the instance took. `arrived`: all of them arrived at or after it; absent: unknown.
struct RunProof {
    calendar::Instant ended;
    std::optional<calendar::Instant> arrived;
    std::optional<calendar::Instant> last_arrived;  // of them; absent: unknown
    std::uint64_t count = 0;
    KeyFingerprint key;
    bool by_guest = false;  // a key of another account
    ClockOffset offset;
    calendar::Instant recorded;  // gateway clock
};

/// Arrivals less refusals. A run whose end was lost in a crash has an arrival alone, and its answer
/// may have reached the client: it counts until a refusal is seen.
struct RunTally {
    calendar::Instant at;
    std::int64_t change = 0;
};

/// A model's GB became known.
struct GbLearned {
    calendar::Instant at;
    std::string gb;
    bool by_operator = false;
};

/// Each list sorted by time; equal times by what the facts say.
struct Evidence {
    std::vector<Load> loads;                // by answered
    std::vector<Deletion> deletions;        // by answered
    std::vector<Observation> observations;  // by asked
    std::vector<RunProof> runs;             // by ended
    std::vector<RunTally> tallies;          // unsorted
    std::vector<GbLearned> gbs;             // by at
};

/// `guests`: facts of other accounts' keys; only their runs count.
Evidence gather_evidence(std::span<const RecordedFact> facts, std::span<const RecordedFact> guests);

}  // namespace lifecycle
