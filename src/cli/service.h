// `serve`, wired: which part of Tollgate stands on which, in one place. Owns the order of start and
// stop, and nothing that decides anything.
//
//   gateway ─► journal ─► shipper ─► ledger ─► meter
//      └─────► watcher ─► journal         console looks at all of them
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/settings.h"

namespace calendar {
class Clock;
}

namespace cli {

class Service {
  public:
    /// Opens the data directory and binds the ports. With an outside database away the gateway
    /// works all the same: facts wait in the journal. Throws BadSetting (the plan), and
    /// std::runtime_error naming what is in the way: another `serve` on the data directory, a port,
    /// Postgres.
    /// `passed_sockets`: where clients connect, instead of gateway.listen; none: it is bound.
    Service(const Settings& settings, const calendar::Clock& clock,
            const std::vector<int>& passed_sockets = {});
    /// Stops: no new calls, those in flight finish within gateway.stop_seconds, what is recorded
    /// goes to the ledger if it answers.
    ~Service();

    /// Settings that may change while it runs (setting_keys.cpp); the others are not looked at.
    void apply(const Settings& settings);

    std::string gateway_url() const;
    std::string console_url() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace cli
