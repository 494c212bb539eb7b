// A fact in one sentence, for a person.
#pragma once

#include <string>

#include "lifecycle/fact.h"

namespace reports {

/// What it says, every instant in full, UTC. Not who said it and when.
std::string describe(const lifecycle::FactBody& fact);

/// Seconds with a sign and no more digits than it has: "-2.95 s".
std::string seconds_text(calendar::Duration duration);

}  // namespace reports
