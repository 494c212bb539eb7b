// Inside the ledger: puts one batch of rows into facts, exactly once and chained. The guards are
// the high-water mark of the gateway; there is no unique index to ask.
#pragma once

#include <string>
#include <vector>

#include "ledger/attribution.h"
#include "ledger/fact_books.h"
#include "ledger/fact_rows.h"

namespace ledger {

/// Inserts the batch of `gateway` and moves its high-water mark from first − 1 to last.
[[nodiscard]] Posting post_batch(Work& work, const lifecycle::GatewayId& gateway, ParsedBatch batch,
                                 const PostingRules& rules);

/// Inserts one operator's fact under the pseudo-gateway `operator`. `upstream` empty: whichever.
void post_operator_fact(Work& work, const std::string& upstream, const lifecycle::Fact& fact,
                        calendar::Instant now);

}  // namespace ledger
