#include "metering/session_facts.h"

#include "lifecycle/session.h"

namespace metering {
namespace {

constexpr unsigned gb_decimals_limit = 18;
constexpr std::int64_t gb_limit = 1'000'000'000;

}  // namespace

std::optional<money::Decimal> parse_gb(std::string_view text) {
    auto gb = money::parse_json_number(text);
    if (!gb || gb->is_zero() || gb->is_negative() || gb->decimals() > gb_decimals_limit ||
        *gb >= money::Decimal(gb_limit))
        return {};
    return gb;
}

std::string_view find_fault(const SessionFacts& facts, bool has_as_of) {
    if (facts.running_at && facts.loaded_at && *facts.running_at < *facts.loaded_at)
        return "running_at lies before loaded_at";
    if (facts.ended_at) {
        if (facts.loaded_at && *facts.ended_at < *facts.loaded_at)
            return "ended_at lies before loaded_at";
        if (facts.running_at && *facts.ended_at < *facts.running_at)
            return "ended_at lies before running_at";
        if (!facts.end_reason) return "ended_at without end_reason";
    }
    if (facts.is_open() && !has_as_of) return "the session is open and there is no as-of instant";
    return {};
}

SessionFacts to_facts(const lifecycle::Session& session, std::string_view account) {
    SessionFacts facts;
    facts.session = session.id.text();
    facts.account = account;
    facts.model = session.model.text();
    const bool is_priceable = lifecycle::is_sane_concurrency(session.concurrency);
    if (session.gb && is_priceable) facts.gb = parse_gb(*session.gb);
    facts.concurrency = session.concurrency;
    facts.loaded_at = session.loaded_at;
    facts.running_at = session.running_at;
    facts.expires_at = session.expires_at;
    facts.ended_at = session.ended_at;
    if (session.end_reason) facts.end_reason = std::string(lifecycle::to_text(*session.end_reason));
    facts.estimated = session.estimated;
    return facts;
}

}  // namespace metering
