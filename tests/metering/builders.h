// Plans and sessions in a line each. Instants are written as the text of metering.md.
#pragma once

#include <string>
#include <variant>

#include "metering/plan.h"
#include "metering/rule.h"

namespace metering {

inline calendar::Instant at(std::string_view text) {
    return calendar::parse_instant(text).value();
}

inline money::Decimal decimal(std::string_view text) {
    return money::parse_decimal(text).value();
}

/// The seed's plan.
inline Plan default_plan() {
    return Plan{.name = "bytez-2024-06",
                .currency = money::find_currency("USD").value(),
                .rate_per_gb_second = decimal("0.0000166667"),
                .minimum = calendar::Duration::seconds(60),
                .increment = calendar::Duration::seconds(60),
                .shutdown_grace = calendar::Duration::seconds(120)};
}

class SessionBuilder {
  public:
    SessionBuilder() {
        facts_.session = "s";
        facts_.account = "a";
        facts_.model = "m";
        facts_.gb = decimal("1");
        loaded("2026-10-05T10:00:00Z").running("2026-10-05T10:00:00Z");
    }

    SessionBuilder& gb(std::string_view text) { return facts_.gb = decimal(text), *this; }
    SessionBuilder& unpriced() { return facts_.gb.reset(), *this; }
    SessionBuilder& concurrency(std::int64_t count) { return facts_.concurrency = count, *this; }
    SessionBuilder& loaded(std::string_view text) { return facts_.loaded_at = at(text), *this; }
    SessionBuilder& running(std::string_view text) { return facts_.running_at = at(text), *this; }
    SessionBuilder& never_ran() { return facts_.running_at.reset(), *this; }
    SessionBuilder& expires(std::string_view text) { return facts_.expires_at = at(text), *this; }
    SessionBuilder& ended(std::string_view text, std::string reason = "deleted") {
        facts_.ended_at = at(text);
        return gone(std::move(reason));
    }
    SessionBuilder& gone(std::string reason = "lost") {
        return facts_.end_reason = std::move(reason), *this;
    }
    SessionBuilder& estimated() { return facts_.estimated = true, *this; }
    operator SessionFacts() const { return facts_; }

  private:
    SessionFacts facts_;
};

inline SessionBuilder a_session() {
    return {};
}

}  // namespace metering
