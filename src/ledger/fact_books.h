// Where the shipper's batches go: the books. An interface, so that the simulation can put a
// database under the shipper that stalls, breaks off and leaves commits in doubt at will; the real
// one is postgres_books.h. Owns the words of the contract: a gateway's facts are dense, and its
// high-water mark moves in the transaction that brings them.
#pragma once

#include <string>

#include "ledger/fact_rows.h"
#include "lifecycle/ids.h"

namespace ledger {

struct PostingRules {
    bool make_accounts = false;  // passthrough: a key that the upstream took gets an account
    std::string currency = "USD";
};

enum class Posting {
    posted,
    already_posted,  // an earlier attempt whose outcome was in doubt had succeeded
    gap,             // the ledger holds neither the batch nor all that precedes it
};

/// Used by one thread. Each call is one transaction; each throws Unavailable, or CommitInDoubt
/// where it may have taken place all the same (store.h). Nothing is retried inside.
class FactBooks {
  public:
    virtual ~FactBooks() = default;
    /// Makes the gateway known, or known to live again; its high-water mark: the last record that
    /// the books hold of it, 0 for none.
    virtual journal::Sequence register_gateway(const lifecycle::GatewayId& gateway,
                                               calendar::Instant now) = 0;
    /// Takes the batch and moves the mark from first − 1 to last, or does nothing at all.
    [[nodiscard]] virtual Posting post(const lifecycle::GatewayId& gateway, ParsedBatch batch,
                                       const PostingRules& rules) = 0;
    /// The gateway lives. `all_shipped`: the books hold all that it recorded before `now`.
    virtual void heartbeat(const lifecycle::GatewayId& gateway, calendar::Instant now,
                           bool all_shipped) = 0;
    /// The gateway has ended, and the books hold all that it ever recorded: until it is registered
    /// again nobody waits for it. For books that close months.
    virtual void sign_off(const lifecycle::GatewayId&, calendar::Instant /*now*/) {}
    /// Any thread, for stopping: what is under way ends soon, and later calls at once, with
    /// Unavailable. For books that can go silent.
    virtual void interrupt() {}
};

}  // namespace ledger
