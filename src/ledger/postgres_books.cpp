#include "ledger/postgres_books.h"

#include "ledger/posting.h"

namespace ledger {

journal::Sequence PostgresBooks::register_gateway(const lifecycle::GatewayId& gateway,
                                                  calendar::Instant now) {
    store_.check_schema();
    store_.prepare_partitions(now);
    return transact(store_, [&](Work& work) {
        work.exec_params("INSERT INTO gateways (id) VALUES ($1) ON CONFLICT DO NOTHING",
                         gateway.text());
        return work
            .exec_params1(
                "UPDATE gateways SET retired_at = NULL, heartbeat_at = now() "
                "WHERE id = $1 RETURNING sequence",
                gateway.text())[0]
            .as<journal::Sequence>();
    });
}

Posting PostgresBooks::post(const lifecycle::GatewayId& gateway, ParsedBatch batch,
                            const PostingRules& rules) {
    return transact(store_,
                    [&](Work& work) { return post_batch(work, gateway, std::move(batch), rules); });
}

void PostgresBooks::heartbeat(const lifecycle::GatewayId& gateway, calendar::Instant now,
                              bool all_shipped) {
    store_.prepare_partitions(now);
    transact(store_, [&](Work& work) {
        work.exec_params(
            "UPDATE gateways SET heartbeat_at = now(), shipped_through = "
            "CASE WHEN $2 THEN greatest(shipped_through, $3::timestamptz) ELSE shipped_through END "
            "WHERE id = $1",
            gateway.text(), all_shipped, calendar::to_text(now));
    });
}

void PostgresBooks::sign_off(const lifecycle::GatewayId& gateway, calendar::Instant now) {
    transact(store_, [&](Work& work) {
        work.exec_params(
            "UPDATE gateways SET heartbeat_at = now(), retired_at = now(), "
            "shipped_through = greatest(shipped_through, $2::timestamptz) WHERE id = $1",
            gateway.text(), calendar::to_text(now));
    });
}

}  // namespace ledger
