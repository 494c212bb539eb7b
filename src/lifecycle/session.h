// A session: one billed life of a model instance for one account, as the fold derives it from
// facts, with the evidence for each instant. metering/ prices it; the ledger stores it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calendar/instant.h"
#include "lifecycle/ids.h"
#include "lifecycle/upstream_clock.h"

namespace lifecycle {

enum class EndReason { deleted, expired, failed, replaced, vanished };
std::string_view to_text(EndReason reason);

/// How well the start of running is known, best first (api-semantics.md, "The running instant").
enum class RunningEvidence { none, expiry_clock, modified, observed, run };
std::string_view to_text(RunningEvidence evidence);
/// How the end is known, best first: the delete's answer; the upstream's own word (modified of a
/// STOPPED or FAILED status); a bound between the last proof of life and the first denial.
enum class EndEvidence { none, delete_answer, upstream_report, bounded };
std::string_view to_text(EndEvidence evidence);

/// Absent: no such name.
std::optional<EndReason> parse_end_reason(std::string_view text);
std::optional<RunningEvidence> parse_running_evidence(std::string_view text);
std::optional<EndEvidence> parse_end_evidence(std::string_view text);

/// What a load may ask for, and a price be made of (metering.md).
constexpr bool is_sane_concurrency(std::int64_t replicas) {
    return replicas >= 1 && replicas <= 1'000'000;
}

/// How long after its expiry an instance may take to shut down, and the most that a session is
/// continued past the last proof of life when nothing better is known (the API document: "Shutdowns
/// should occur within 2 minutes of the specified expiration period").
constexpr calendar::Duration shutdown_grace = calendar::Duration::seconds(120);

/// Whose runs kept an instance warm that another account had loaded.
struct KeptWarm {
    KeyFingerprint key;
    std::uint64_t runs = 0;  // that the instance took
    calendar::Instant first_at;
    calendar::Instant last_at;
    friend bool operator==(const KeptWarm&, const KeptWarm&) = default;
};

struct Session {
    SessionId id;
    UpstreamId upstream;
    KeyFingerprint key;  // the loader's
    ModelName model;
    std::optional<std::string> gb;  // requiredRAM's text, pinned at load
    std::int64_t concurrency = 1;   // as the upstream tells it, else as asked; perhaps absurd
    std::int64_t expiration_seconds = 1800;
    /// Found by looking: no load through a gateway began it, or one whose answer nobody knows,
    /// which yields to another account's that was accepted.
    bool discovered = false;

    std::optional<calendar::Instant> created;  // the instance's identity, upstream clock
    calendar::Instant loaded_at;
    std::optional<calendar::Instant> running_at;
    RunningEvidence running_evidence = RunningEvidence::none;
    std::optional<calendar::Instant> expires_at;  // absent: booting, or a run is in flight
    std::optional<calendar::Instant> ended_at;
    std::optional<EndReason> end_reason;  // absent: open
    EndEvidence end_evidence = EndEvidence::none;
    bool estimated = false;  // the end was inferred; the bounds say between what
    std::optional<calendar::Instant> last_proof_of_life;
    std::optional<calendar::Instant> first_denial;

    // By the account's own keys; that passed gateways and were not refused; an end may be lost.
    std::uint64_t runs = 0;
    std::optional<calendar::Instant> last_run_at;
    std::vector<KeptWarm> kept_warm_by;  // by key
    bool adjusted = false;  // an instant was moved to keep loaded ≤ running ≤ ended

    /// How a gateway's clock was joined to the upstream's: the least certain of the moves that
    /// loaded_at, running_at and ended_at rest on. All of them the upstream's own: nothing, by 0.
    ClockOffset clock;
    /// The first and the last fact about it, gateway clock: where to find them.
    calendar::Instant facts_from;
    calendar::Instant facts_until;

    friend bool operator==(const Session&, const Session&) = default;
};

}  // namespace lifecycle
