// Live burn for a terminal: one block.
#pragma once

#include <string>

#include "invoicing/burn.h"

namespace reports {

/// The instant, the rows that are not idle, the sum of each currency. `most_rows`: at most so many,
/// and how many more there are; 0: all.
std::string burn_table(const invoicing::Burn& burn, std::size_t most_rows);

}  // namespace reports
