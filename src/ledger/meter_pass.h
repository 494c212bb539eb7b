// Inside the ledger: one pass of the meter, in its transaction: takes pending instances, folds them
// and charges their sessions; what cannot be stored parks its instance alone, with the reason.
#pragma once

#include "ledger/meter_share.h"
#include "ledger/transaction.h"
#include "money/decimal.h"

namespace ledger {

enum class PendingChoice { due, all };

struct MeterPass {
    int instances = 0;
    money::Decimal gigabyte_seconds = {};  // charged now and not before
};

struct PassLimits {
    /// Enough to share the round trips; whoever ships facts of one of them waits for the pass.
    int instances = 500;
    /// An instance with more facts is folded alone: an open session is folded from its first fact
    /// on, and one that is kept warm for weeks has tens of thousands.
    std::size_t facts_of_one_among_many = 250;
    /// What is folded alone and not begun by then waits for the next pass, but for the first: who
    /// ships waits for a pass no longer than for a lock, and a fold among many who share a
    /// credential takes long.
    calendar::Duration time = calendar::Duration::seconds(3);
};

/// Folds pending instances, those that wait longest first; one at least, where there is any.
MeterPass meter_pending(Work& work, PendingChoice choice, MeterShare share = {},
                        const PassLimits& limits = {});

}  // namespace ledger
