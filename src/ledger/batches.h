// Inside the ledger: which charges are on which invoice. A charge is put into its account's and
// period's open batch; an invoice holds whole batches, and the next charge begins a new one.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/transaction.h"
#include "lifecycle/ids.h"

namespace ledger {

/// An account's id and a period.
using BatchName = std::pair<lifecycle::AccountId, std::string>;

/// The open batch of each, held until the transaction's end: nobody closes it meanwhile, others
/// may add to it.
std::map<BatchName, int> join_batches(Work& work, const std::set<BatchName>& names);

/// Those periods up to `period` of the accounts that hold charges which no standing invoice does;
/// held alone until the transaction's end: nobody adds a charge meanwhile.
std::set<BatchName> hold_open_batches(Work& work, const std::vector<lifecycle::AccountId>& accounts,
                                      const std::string& period);

/// The periods that the invoice has charges of, held alone likewise: before any number is taken, as
/// closing does, so that who waits for a number holds nothing that its holder waits for.
void hold_batches(Work& work, const std::string& number);

/// Puts all that no standing invoice holds of `held` on the account's invoice, and begins the next
/// batches. To be called in the transaction that issues the invoices and holds the batches.
void invoice_batches(Work& work, const std::set<BatchName>& held,
                     const std::map<lifecycle::AccountId, std::string>& numbers);

/// Frees what the invoice held for the next one: `note` has taken it back.
void release_batches(Work& work, const std::string& number, const std::string& note);

}  // namespace ledger
