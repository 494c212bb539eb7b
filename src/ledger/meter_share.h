// Which of the pending instances a meter takes.
#pragma once

namespace ledger {

/// One of `count` meters of a process, which take different models, so that none waits for
/// another; `index` from 0. Meters of other processes may take the same: they wait for each other.
struct MeterShare {
    int index = 0;
    int count = 1;
};

}  // namespace ledger
