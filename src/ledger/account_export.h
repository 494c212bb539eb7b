// An account's month out of the ledger, for the account to check by itself
// (proof/account_export.h). Owns what goes in: the facts that the month's sessions rest on and no
// more than that, and of other accounts only what decided. What would not check is not given out.
#pragma once

#include "calendar/period.h"
#include "ledger/accounts.h"
#include "platform/signing.h"
#include "proof/account_export.h"

namespace ledger {

struct ExportRequest {
    Account account;
    calendar::Month month;
    calendar::Instant made_at;
    /// The newest checkpoint of this key that covers a link goes in; absent: none does. (It names
    /// every account by its id, with the count of its facts.)
    std::optional<platform::PublicKey> checkpoints_of = {};
};

/// Throws Unavailable; Refused: facts of the account are not in sessions yet, or the books do not
/// agree, or it would be longer than an export may be.
proof::AccountExport read_account_export(Store& store, const ExportRequest& request);

}  // namespace ledger
