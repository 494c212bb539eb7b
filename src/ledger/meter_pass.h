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

/// Folds up to 500 pending instances, those that wait longest first.
MeterPass meter_pending(Work& work, PendingChoice choice, MeterShare share = {});

}  // namespace ledger
