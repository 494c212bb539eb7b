// ./dev simulate --seconds N [--seed S]: one seed after the other, from S on, until the time is
// over; at least one. Status 1 at the first seed whose verdict is bad.
#include <CLI/CLI.hpp>
#include <iostream>
#include <random>

#include "platform/clock.h"
#include "simulation/simulation.h"

namespace {

struct Sums {
    std::uint64_t digest = 0;  // of all that was simulated: two runs can be compared by it
    std::size_t seeds = 0, days = 0, facts = 0, falls = 0, lives = 0, billed = 0, exact = 0;
    void add(const simulation::Outcome& outcome) {
        ++seeds;
        digest = digest * 31 + outcome.digest;
        days += static_cast<std::size_t>(outcome.days);
        facts += outcome.facts;
        falls += outcome.falls;
        lives += outcome.verdict.lives;
        billed += outcome.verdict.billed;
        exact += outcome.verdict.exact;
    }
    void print() const {
        std::cout << seeds << " seeds, " << days << " days, " << falls << " falls of gateways, "
                  << lives << " instances, " << billed << " billed, " << exact << " of them exact, "
                  << facts << " facts, digest " << std::hex << digest << std::dec << std::endl;
    }
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Simulates days of the product, seed after seed, and audits the books.");
    std::int64_t seconds = 60;
    std::uint64_t seed = std::random_device()();
    app.add_option("--seconds", seconds, "how long; 0: one seed")->check(CLI::NonNegativeNumber);
    app.add_option("--seed", seed, "the first seed");
    CLI11_PARSE(app, argc, argv);
    std::cout << "seed " << seed << std::endl;
    simulation::silence_log();
    const std::int64_t end = platform::monotonic_micros() + seconds * simulation::second;
    std::int64_t next_line = platform::monotonic_micros();
    Sums sums;
    do {
        const simulation::Outcome outcome = simulation::simulate(seed++);
        sums.add(outcome);
        if (!outcome.is_well()) {
            std::cout << simulation::report_of(outcome);
            return 1;
        }
        if (platform::monotonic_micros() >= next_line) {
            sums.print();
            next_line = platform::monotonic_micros() + 5 * simulation::second;
        }
    } while (platform::monotonic_micros() < end);
    sums.print();
    std::cout << "nothing lost, nothing twice, no wrong amount, all settled" << std::endl;
    return 0;
}
