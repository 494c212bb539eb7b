#include "watcher/look.h"

#include "lifecycle/upstream_clock.h"

namespace watcher {

using calendar::Duration;
using calendar::Instant;
using lifecycle::InstanceSeen;

namespace {

Look::Kind kind_of(std::string_view state) {
    if (state == "RUNNING") return Look::Kind::running;
    if (state == "FAILED" || state == "STOPPED") return Look::Kind::terminal;
    return Look::Kind::booting;
}

}  // namespace

InstanceSeen seen_of(const InstanceKey& instance, Instant asked, const StatusAnswer& answer) {
    const bytez::InstanceReport& report = *answer.report;
    InstanceSeen seen;
    seen.key = instance.key;
    seen.model = instance.model;
    seen.source = lifecycle::Source::watcher;
    seen.asked_at = asked;
    seen.date = answer.date;
    seen.state = report.status;
    seen.concurrency = report.concurrency;
    seen.inferences = report.inferences;
    seen.expiration_seconds = report.expiration_seconds;
    seen.created = report.created;
    seen.modified = report.modified;
    seen.expires_at = report.expires_at;
    return seen;
}

Look look_of(const InstanceSeen& seen, Instant answered) {
    const Duration shift = lifecycle::shift_to_upstream(answered, seen.date);
    const auto ours = [&](std::optional<Instant> upstream) {
        return upstream ? std::optional(*upstream - shift) : std::nullopt;
    };
    return {kind_of(seen.state),  answered, seen.created, ours(seen.created), ours(seen.modified),
            ours(seen.expires_at)};
}

}  // namespace watcher
