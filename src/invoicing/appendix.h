// An issued invoice's appendix, made again from the charges that it holds. Pure.
#pragma once

#include <vector>

#include "invoicing/charge_row.h"
#include "invoicing/invoice.h"

namespace invoicing {

/// The sessions of the invoice's lines. `rows`: every charge that it holds.
std::vector<SessionEntry> make_appendix(const Invoice& invoice, const std::vector<ChargeRow>& rows);

}  // namespace invoicing
