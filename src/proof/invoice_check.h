// An issued invoice held against itself: its digest, its lines, its total. Pure.
#pragma once

#include <optional>

#include "invoicing/invoice.h"
#include "proof/difference.h"

namespace proof {

/// `charged`: the exact sum of the charges that it holds, by the books.
std::optional<Difference> check_invoice(const invoicing::Invoice& invoice,
                                        const money::Decimal& charged);

}  // namespace proof
