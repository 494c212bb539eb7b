// The auditor: computes from the simulated upstream's own truth what each account owes, and holds
// the product's books against it. Shares no code with metering/, lifecycle/ and ledger/: it has its
// own arithmetic (whole numbers of 10⁻³¹), its own reading of the plans' numbers, and its own idea
// of what evidence allows, which follows from the description of the API alone:
//
//  - *Which life.* An instance is one session, whoever reports it. Its loader pays; where no load
//    through a gateway is known, one of the accounts that hold a key of its upstream account does,
//    once a gateway saw it RUNNING.
//  - *Start.* It never ran: nothing is owed. A report RUNNING without an inference, asked before
//    a delete was sent, tells the start exactly (expiresAt less the period). Else the start lies
//    between the truth and the first proof: the answer of a report RUNNING, or the end of the
//    minute of a run's end, since runs are kept by the minute. Without proof the start may stay
//    unknown, and nothing need be owed.
//  - *End.* The upstream's own word (`modified` of STOPPED, FAILED) is exact. A delete's answer
//  counts
//    as the end: on the upstream's clock, so within the second of its Date, and where clocks agree
//    at the answer's arrival or that second's last instant. Else the end lies between the last
//    proof of life and the first denial (a 404, or a later instance that was loaded or seen
//    RUNNING), and no later than the expiry or the last proof and the grace: an instance that the
//    upstream denies is not billed on.
//  - *Cap.* What comes after expiry is billed up to the plan's grace, by the expiry that was known.
//  - Evidence that was written when its gateway fell may be in the books or not: bounds hold for
//  both.
//  - An instant that a gateway's clock told is as good as that clock: `clock_error`.
//
// Where the bounds meet, the charge is exact, to the last digit. Its verdict is a list of findings.
#pragma once

#include <map>

#include "simulation/truth.h"

namespace simulation {

/// The plans' numbers, as the auditor reads them.
struct Tariff {
    std::string rate;  // per GB and second
    std::int64_t minimum_seconds = 60;
    std::int64_t increment_seconds = 60;
    std::int64_t grace_seconds = 120;  // billed after expiry at most
    bool per_replica = true;
};

struct AuditRules {
    Tariff tariff;
    std::map<std::string, std::string> gb;  // model → requiredRAM
    /// Key → account, and key → upstream account.
    std::map<std::string, std::string> accounts;
    std::map<std::string, std::string> upstream_accounts;
    Micros clock_error = 0;  // how far a gateway's clock may be off after all corrections
};

struct Finding {
    enum class Kind { lost, doubled, wrong_amount, unsettled };
    Kind kind = Kind::lost;
    std::string text;
    std::string account;  // empty: of none
    std::string model;
    std::optional<std::size_t> life;
};

struct Verdict {
    std::vector<Finding> findings;
    std::size_t lives = 0;
    std::size_t billed = 0;  // lives with an amount
    std::size_t exact = 0;   // of those, where the bounds met
};

Verdict audit(const Truth& truth, const Books& books, const AuditRules& rules);

/// What is known around a finding's life, in order of time, for a person.
std::string trace_of(const Truth& truth, const Books& books, const Finding& finding);

}  // namespace simulation
