// Inside the ledger: manual corrections as an invoice takes them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "invoicing/correction.h"
#include "ledger/manual_corrections.h"
#include "ledger/transaction.h"
#include "lifecycle/ids.h"

namespace ledger {

/// All entries of the account (by id; absent: of every account), each held against the chain.
std::vector<StoredCorrection> read_corrections(Work& work,
                                               const std::optional<std::string>& account);

struct UninvoicedCorrections {
    std::vector<invoicing::Correction> entries = {};  // of the account, that no invoice holds
    std::string fault = {};  // a sentence where the account's chain is broken; else empty
};
UninvoicedCorrections read_uninvoiced_corrections(Work& work, const lifecycle::AccountId& account);

/// To be called in the transaction that issues the invoice.
void mark_corrections(Work& work, const lifecycle::AccountId& account, const std::string& number,
                      const std::vector<invoicing::Correction>& corrections);

}  // namespace ledger
