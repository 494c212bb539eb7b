// Reading the configuration again while `serve` runs: what of it may change then, and what it says
// of the rest.
#pragma once

#include <string>
#include <vector>

#include "cli/settings.h"

namespace cli {

struct Reload {
    Settings in_force;  // as before, but for what may change
    std::vector<std::string> changed;
    std::vector<std::string> need_restart;  // differ too, and stay as they are
};

Reload plan_reload(const Settings& in_force, const Settings& wanted);

}  // namespace cli
