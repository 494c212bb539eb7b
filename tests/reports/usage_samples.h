// A month's usage for tests of what shows it.
#pragma once

#include "invoicing/builders.h"
#include "invoicing/usage.h"

namespace usage_samples {

inline invoicing::UsageEntry entry(const std::string& account, const std::string& session,
                                   const std::string& model) {
    return {.account_id = lifecycle::AccountId("acc_" + account),
            .account = account,
            .timezone = "UTC",
            .session = lifecycle::SessionId(session),
            .model = lifecycle::ModelName(model),
            .key = lifecycle::KeyFingerprint("00112233445566778899aabbccddeeff"),
            .day = "2026-10-05",
            .open = session == "s3",
            .inferences = 2,
            .used = builders::decimal("59.5"),
            .rounding = builders::decimal("0.5"),
            .billable = builders::decimal("60"),
            .gb_seconds = builders::decimal("30"),
            .amount = builders::decimal("0.000500001")};
}

inline invoicing::Usage tally(invoicing::UsageBy by,
                              const std::vector<invoicing::UsageEntry>& entries) {
    invoicing::UsageTally result(by, "2026-10", builders::currency("USD"),
                                 *calendar::parse_instant("2026-11-01T00:00:00.5Z"));
    for (const auto& one : entries) result.add(one);
    return result.finish();
}

inline invoicing::UsageEntry unpriced(invoicing::UsageEntry from) {
    from.gb_seconds.reset();
    from.amount.reset();
    return from;
}

}  // namespace usage_samples
