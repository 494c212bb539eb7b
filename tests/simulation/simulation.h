// One simulated run of the product, from a seed: some days of customers, gateways, an upstream and
// a database, with everything that can go wrong, then calm until all has settled, then the audit.
// The same seed gives the same run, to the last byte.
#pragma once

#include "simulation/auditor.h"
#include "simulation/lying_disk.h"
#include "simulation/meter.h"

namespace simulation {

/// Bugs put in where the product meets the world, to see that they are found (planted_test.cpp).
struct Plant {
    Lies lies;                  // of the disk, about having synced
    bool forget_marks = false;  // the mark is not moved in the transaction of a commit in doubt
    Rate rate;                  // another metering rule; empty: the product's
};

struct Outcome {
    std::uint64_t seed = 0;
    Verdict verdict;
    int days = 0;
    bool clocks_agree = false;  // of the gateways and the upstream
    std::size_t facts = 0;      // in the books
    std::size_t falls = 0;      // of gateways
    std::uint64_t digest = 0;   // of all that the books hold
    std::string trace;          // of the first finding's account and model

    bool is_well() const { return verdict.findings.empty(); }
};

/// Falls are what happens here all the time: no line for any.
void silence_log();

Outcome simulate(std::uint64_t seed, const Plant& plant = {});

/// The verdict of a seed that failed, for a person: findings, trace, how to run it again.
std::string report_of(const Outcome& outcome);

}  // namespace simulation
