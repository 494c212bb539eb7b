// Why a session costs what it costs: its facts, the two instants and what they rest on, the
// arithmetic to the last digit, who kept it warm. Composes and renders; reads nothing itself.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calendar/zone.h"
#include "lifecycle/fact.h"
#include "lifecycle/session.h"
#include "metering/charge.h"
#include "metering/plan.h"

namespace reports {

struct ExplainedFact {
    lifecycle::GatewayId gateway;
    std::uint64_t sequence = 0;
    lifecycle::Fact fact;
    bool by_guest = false;  // a key of another account
};

/// A row of charges, decimals as text.
struct ExplainedCharge {
    std::string period;
    int revision = 1;
    std::string plan;
    std::string status;
    std::string seconds;
    std::optional<std::string> gb_seconds;
    std::optional<std::string> amount;
    calendar::Instant charged_at;
};

/// An account whose key saw the instance too.
struct Sharer {
    std::string account;
    lifecycle::KeyFingerprint key;
};

/// What the ledger holds of a session.
struct SessionStory {
    lifecycle::Session session;
    std::string account;
    calendar::Zone zone = calendar::Zone::utc();
    std::optional<metering::Plan> plan;  // absent: none was in force
    std::vector<ExplainedFact> facts;
    std::vector<ExplainedCharge> charges;  // by period, revision
    std::vector<Sharer> shared_with;
    std::map<lifecycle::KeyFingerprint, std::string> accounts;  // of the keys in the facts
};

/// A part of the billable time. Parts sum to the whole.
struct ExplainedPart {
    std::string name;
    calendar::Duration seconds;
    std::optional<money::Decimal> gb_seconds;  // absent: unpriced
    std::optional<money::Amount> amount;
};

/// How an instant is known.
struct Ground {
    std::string why;
    std::optional<std::size_t> fact;  // index into the story's facts
};

struct SessionExplanation {
    SessionStory story;  // facts in order of time
    Ground loaded;
    Ground running;
    Ground ended;
    std::string bound;  // of an inferred end: between what it lies; of an open one: up to when
                        // it can be billed at the most; empty otherwise
    std::string clock;
    std::optional<metering::Charge> charge;  // absent: no plan
    std::vector<ExplainedPart> parts;        // empty: nothing is metered
};

/// The instant past which the session is never billed, as things stand (minimum and rounding
/// aside): its end; of an inferred one the first denial; of an open one its expiry and what the
/// plan allows for shutting down. Absent: an open one without an expiry (booting, or a run is in
/// flight).
std::optional<calendar::Instant> find_billing_bound(const lifecycle::Session& session,
                                                    const std::optional<metering::Plan>& plan);

/// `as_of`: for an open session.
SessionExplanation explain(SessionStory story, calendar::Instant as_of);

/// For a terminal of 100 columns.
std::string explanation_text(const SessionExplanation& explanation);
/// Decimals are strings, instants RFC 3339, facts as they are stored.
std::string explanation_json(const SessionExplanation& explanation);

}  // namespace reports
