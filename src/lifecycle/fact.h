// Facts: what was seen to happen, never what it means. The proxy and the watcher record them, the
// journal keeps them, the ledger stores them unchanged, the fold (fold.h) makes sessions of them.
// The text of a fact is canonical JSON (fact_json.h): the same fact gives the same bytes, always.
//
// A fact names the key that acted, not the account: whose key it is, the ledger knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "calendar/instant.h"
#include "lifecycle/ids.h"

namespace lifecycle {

/// One proxied call: `boot` is the sequence of the gateway's `GatewayStarted` fact, `number` counts
/// from 1 in that process. Links an answer to its request.
struct CallId {
    std::uint64_t boot = 0;
    std::uint64_t number = 0;
    friend auto operator<=>(const CallId&, const CallId&) = default;
};

/// A gateway process began; calls of its earlier boots that have no answer have an unknown outcome.
struct GatewayStarted {
    std::string version;
    UpstreamId upstream;
};

/// What a load asked for; the defaults are the API's (api-semantics.md).
struct LoadOptions {
    std::int64_t concurrency = 1;
    std::int64_t expiration_seconds = 1800;
    friend bool operator==(const LoadOptions&, const LoadOptions&) = default;
};

/// A load is about to be forwarded.
struct LoadRequested {
    CallId call;
    KeyFingerprint key;
    ModelName model;
    LoadOptions options;
    std::optional<std::string> gb;  // requiredRAM's text as this gateway held it, every digit
};

/// A load's final answer, or its absence. Repeats what was asked, so that the fold needs no other
/// fact.
struct LoadAnswered {
    CallId call;
    KeyFingerprint key;
    ModelName model;
    LoadOptions options;
    std::optional<std::string> gb;
    int status = 0;                         // 0: forwarded, and no answer came
    bool accepted = false;                  // 2xx: an instance is starting
    calendar::Instant sent_at;              // gateway clock: the request's last byte left
    std::optional<calendar::Instant> date;  // upstream clock: the answer's Date field
};

/// A run reached the gateway and is being forwarded.
struct RunArrived {
    CallId call;
    KeyFingerprint key;
    ModelName model;
};

/// A run is over. Not gated: absent after a crash.
struct RunEnded {
    CallId call;
    KeyFingerprint key;
    ModelName model;
    int status = 0;                                  // 0: no answer came
    std::uint64_t request_bytes = 0;                 // body bytes from the client
    std::uint64_t response_bytes = 0;                // body bytes from the upstream
    bool disconnected = false;                       // the client left before the end
    std::optional<calendar::Instant> asked_at = {};  // gateway clock: it reached the gateway
    std::optional<calendar::Instant> date = {};      // upstream clock: the answer's Date field
};

/// A minute of runs of one key on one model, made by the shipper out of the two facts above.
struct Runs {
    KeyFingerprint key;
    ModelName model;
    calendar::Instant minute;    // its first instant
    std::uint64_t arrived = 0;   // arrivals in this minute
    std::uint64_t accepted = 0;  // ends in this minute whose run the instance took
    std::uint64_t refused =
        0;  // ends in this minute with 0, 400, 401, 402, 404, 413, 429, 502, 503
    std::uint64_t disconnected = 0;
    std::uint64_t request_bytes = 0;
    std::uint64_t response_bytes = 0;
    std::optional<calendar::Instant> first_arrival;
    std::optional<calendar::Instant> last_arrival;
    std::optional<calendar::Instant> last_accepted_end;
    // Of the shortest of its runs whose answer had a Date field: what tells most of the clocks.
    std::optional<calendar::Instant> asked_at = {};     // gateway clock
    std::optional<calendar::Instant> answered_at = {};  // gateway clock: its end
    std::optional<calendar::Instant> date = {};         // upstream clock
    /// When the last of the accepted ones arrived, perhaps minutes before.
    std::optional<calendar::Instant> last_accepted_arrival = {};
};

/// A delete's final answer, or its absence.
struct DeleteAnswered {
    CallId call;
    KeyFingerprint key;
    ModelName model;
    int status = 0;  // 0: forwarded, and no answer came
    calendar::Instant sent_at;
    std::optional<calendar::Instant> date;  // upstream clock
};

/// How an observation came to be.
enum class Source { passing, watcher };

/// What the upstream said of one instance (from status or instances), on its own clock.
struct InstanceSeen {
    KeyFingerprint key;
    ModelName model;
    Source source = Source::passing;
    calendar::Instant asked_at;             // gateway clock: the question left
    std::optional<calendar::Instant> date;  // upstream clock: the answer's Date field
    std::string state;  // as on the wire: DEPLOYING … RUNNING, FAILED, STOPPED
    std::optional<std::int64_t> concurrency;
    std::optional<std::int64_t> inferences;
    std::optional<std::int64_t> expiration_seconds;
    std::optional<calendar::Instant> created;
    std::optional<calendar::Instant> modified;
    std::optional<calendar::Instant> expires_at;
};

/// The upstream denied that the model is loaded (404, or not among its instances).
struct InstanceAbsent {
    KeyFingerprint key;
    ModelName model;
    Source source = Source::passing;
    calendar::Instant asked_at;
    std::optional<calendar::Instant> date;
};

/// The upstream's catalogue printed this requiredRAM (null: not benchmarked). Recorded on change.
struct CatalogueEntry {
    ModelName model;
    std::optional<std::string> gb;
};

/// The operator set a model's GB.
struct ModelSet {
    ModelName model;
    std::string gb;
    std::string author;
};

using FactBody =
    std::variant<GatewayStarted, LoadRequested, LoadAnswered, RunArrived, RunEnded, Runs,
                 DeleteAnswered, InstanceSeen, InstanceAbsent, CatalogueEntry, ModelSet>;

struct Fact {
    calendar::Instant occurred_at;  // gateway clock
    FactBody body;
};

/// A fact with its identity in the ledger: dense per gateway, fixed in the journal.
struct RecordedFact {
    GatewayId gateway;
    std::uint64_t sequence = 0;
    Fact fact;
};

/// Whether an answered run counts as taken by the instance (api-semantics.md: answered by the
/// engine, failed or not), judged by its status.
bool is_accepted_run(int status);

}  // namespace lifecycle
