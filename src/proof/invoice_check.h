// An issued invoice held against itself: its digest, its lines, its total. Pure.
#pragma once

#include <optional>

#include "invoicing/invoice.h"
#include "proof/difference.h"

namespace proof {

/// `charged`: the exact sum of the charges that it holds, by the books; absent: not known, since
/// it was taken back and its charges are on another one.
std::optional<Difference> check_invoice(const invoicing::Invoice& invoice,
                                        const std::optional<money::Decimal>& charged);

/// Of what takes `original` back: that both together are nothing, to the letter.
std::optional<Difference> check_credit_note(const invoicing::Invoice& note,
                                            const invoicing::Invoice& original);

}  // namespace proof
