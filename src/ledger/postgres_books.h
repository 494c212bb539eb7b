// The books in Postgres: facts, and the table of gateways with their high-water marks.
#pragma once

#include "ledger/fact_books.h"
#include "ledger/store.h"

namespace ledger {

class PostgresBooks : public FactBooks {
  public:
    explicit PostgresBooks(StoreOptions options) : store_(std::move(options)) {}

    /// Throws Refused as well: the schema is not this binary's.
    journal::Sequence register_gateway(const lifecycle::GatewayId& gateway,
                                       calendar::Instant now) override;
    [[nodiscard]] Posting post(const lifecycle::GatewayId& gateway, ParsedBatch batch,
                               const PostingRules& rules) override;
    void sign_off(const lifecycle::GatewayId& gateway, calendar::Instant now) override;
    void heartbeat(const lifecycle::GatewayId& gateway, calendar::Instant now,
                   bool all_shipped) override;
    void interrupt() override { store_.interrupt(); }

  private:
    Store store_;
};

}  // namespace ledger
