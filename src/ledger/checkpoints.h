// Checkpoints in the ledger: signed statements of where every chain stood, each naming the one
// before it. What they say is in proof/checkpoint.h; the key is the caller's.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/store.h"
#include "platform/signing.h"
#include "proof/checkpoint_check.h"

namespace ledger {

/// Signs where every chain stands and adds it. One maker at a time, whatever the process. Throws
/// Unavailable, CommitInDoubt.
proof::SignedCheckpoint make_checkpoint(Store& store, const platform::SigningKey& key,
                                        calendar::Instant now);

/// When the newest was made; absent: there is none. Throws Unavailable.
std::optional<calendar::Instant> find_newest_checkpoint(Store& store);

}  // namespace ledger
