// The simulated upstream: the model API's life cycle as shared knowledge of the API describes it,
// by a hand that knows nothing of the product's (neither bytez/ nor lifecycle/ nor metering/):
// boots, failed boots, crashes, the idle clock, the time to shut down, which it may overrun, and
// small lies: for a moment after a load or an end it tells what was before.
#pragma once

#include <map>
#include <set>

#include "simulation/truth.h"

namespace simulation {

struct Report {
    std::string state;
    std::int64_t concurrency = 1;
    std::int64_t inferences = 0;
    std::int64_t period_seconds = 0;
    Micros created = 0;
    Micros modified = 0;
    std::optional<Micros> expires;
};

struct Reply {
    int status = 0;
    Micros date = 0;  // whole seconds
    std::optional<Report> report;
    std::optional<std::size_t> life;  // whom it is about: for the auditor, not on the wire
};

/// A character for one run, thrown from the seed.
struct Manners {
    Micros shortest_boot = 5 * second;
    Micros longest_boot = 15 * minute;
    int failed_boots = 8;  // percent, as all that follow
    int crashes = 10;
    int overruns = 15;              // of the two minutes that a shutdown may take
    int lies = 20;                  // of the looks within `moment` of a load or an end
    std::optional<Micros> forgets;  // after an end: 404 from then on; absent: it remembers
    static constexpr Micros moment = 10 * second;
};

class Upstream {
  public:
    Upstream(Agenda& agenda, Dice dice, Manners manners, std::vector<Life>& lives)
        : agenda_(agenda), dice_(dice), manners_(manners), lives_(lives) {}

    struct LoadOrder {
        std::string account;
        std::string model;
        std::int64_t concurrency = 1;
        std::int64_t period_seconds = 1800;
        std::string ticket;
    };
    Reply load(const LoadOrder& order);
    Reply status(const std::string& account, const std::string& model);
    Reply remove(const std::string& account, const std::string& model);
    /// `done` is called when the run is over, at once if it is refused.
    void run(const std::string& account, const std::string& model, Micros duration,
             std::function<void(Reply)> done);

    bool is_quiet() const;  // nothing lives
    void be_honest() { manners_.lies = 0; }

  private:
    enum class Phase { booting, running, expired, over };
    struct Instance {
        Phase phase = Phase::booting;
        std::int64_t inferences = 0;
        Micros modified = 0;
        std::uint64_t idle_turn = 0;  // tells a stale alarm of the idle clock
        std::map<std::uint64_t, std::function<void(Reply)>> in_flight;
        std::optional<Report> last_words;  // as it reported just before its end
    };

    Reply reply(int status, std::optional<std::size_t> life = {}) const;
    std::optional<std::size_t> last_of(const std::string& account, const std::string& model) const;
    bool is_live(std::size_t life) const { return instances_[life].phase != Phase::over; }
    Report report_of(std::size_t life) const;
    Micros clock() const { return agenda_.now() / millisecond * millisecond; }
    void become_ready(std::size_t life);
    void wind_idle_clock(std::size_t life);
    void finish_run(std::size_t life, std::uint64_t run, int status);
    void end(std::size_t life, EndOfLife how);

    Agenda& agenda_;
    Dice dice_;
    Manners manners_;
    std::vector<Life>& lives_;
    std::vector<Instance> instances_;  // beside lives_
    std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> slots_;
    std::uint64_t runs_ = 0;
};

}  // namespace simulation
