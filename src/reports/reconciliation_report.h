// What a bill and our sessions agree and disagree about, for a terminal, a spreadsheet, a program.
#pragma once

#include <string>

#include "reconciling/matching.h"

namespace reports {

/// What is amiss, a row each, and the totals of both sides; what agrees is only counted.
std::string reconciliation_table(const reconciling::Reconciliation& reconciliation);
/// Every line and every session, a row for each difference. No totals, which a reader would add.
std::string reconciliation_csv(const reconciling::Reconciliation& reconciliation);
/// {"agrees", "matched": […], "differing": […], "only_theirs": […], "only_ours": […], "totals"}.
std::string reconciliation_json(const reconciling::Reconciliation& reconciliation);

}  // namespace reports
