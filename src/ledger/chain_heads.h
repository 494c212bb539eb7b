// Inside the ledger: the heads of one gateway's chains while a batch is posted. Read once, moved in
// memory in order of sequence, written once: the gateway's row is locked meanwhile, so nobody else
// moves them.
#pragma once

#include <map>
#include <set>
#include <string>

#include "ledger/transaction.h"
#include "proof/chain.h"

namespace ledger {

class ChainHeads {
  public:
    /// `accounts`: whose facts may come; the gateway's chain of no account is always there.
    ChainHeads(Work& work, std::string gateway, std::set<std::string> accounts);

    /// The hash of the next fact of its chain.
    const proof::Hash& advance(const proof::ChainedFact& fact);
    void write(Work& work) const;

  private:
    struct Entry {
        proof::ChainHead head;
        bool has_moved = false;
    };
    std::string gateway_;
    std::map<std::string, Entry, std::less<>> heads_;  // by account
};

/// A head as a row holds it: hash, count, last_sequence, from field `first` on.
proof::ChainHead read_chain_head(const pqxx::row& row, pqxx::row::size_type first);
/// A hash as Postgres prints bytea: \x and hex digits.
proof::Hash read_hash(const pqxx::field& field);

}  // namespace ledger
