#include "proof/charge_check.h"

#include <utility>
#include <vector>

namespace proof {
namespace {

using metering::Owed;

std::string text_of(const std::optional<money::Decimal>& value) {
    return value ? money::to_text(*value) : "none";
}

std::vector<std::pair<std::string, std::string>> fields_of(const Owed& owed) {
    return {{"amount", text_of(owed.amount)},
            {"gb_seconds", text_of(owed.gb_seconds)},
            {"seconds", money::to_text(owed.seconds)},
            {"used_seconds", money::to_text(owed.used)},
            {"rounding_seconds", money::to_text(owed.rounding)},
            {"minimum_seconds", money::to_text(owed.minimum)},
            {"spin_down_seconds", money::to_text(owed.spin_down)},
            {"currency", owed.currency},
            {"status", owed.status},
            {"estimated", owed.estimated ? "yes" : "no"}};
}

std::string name_of(const lifecycle::AccountId& account, const lifecycle::SessionId& session,
                    const metering::Place& place) {
    return "the charge of session " + session.text() + " of account " + account.text() + " for " +
           place.period + " under " + place.plan;
}

std::optional<Difference> compare(const std::string& subject, const Owed& expected,
                                  const Owed& found) {
    const auto should = fields_of(expected);
    const auto is = fields_of(found);
    for (std::size_t i = 0; i < should.size(); ++i) {
        if (should[i].second != is[i].second)
            return Difference{subject, should[i].first, should[i].second, is[i].second};
    }
    return std::nullopt;
}

}  // namespace

std::optional<Difference> compare_charges(const lifecycle::AccountId& account,
                                          const lifecycle::SessionId& session,
                                          const metering::Owing& expected,
                                          const metering::Owing& found,
                                          const std::optional<std::string>& month) {
    for (const auto& [place, now] : expected) {
        if (month && place.period != *month) continue;
        const std::string subject = name_of(account, session, place);
        const auto entry = found.find(place);
        if (entry == found.end()) return Difference{subject, "amount", text_of(now.amount), "none"};
        if (auto difference = compare(subject, now, entry->second)) return difference;
    }
    for (const auto& [place, before] : found) {
        if (expected.contains(place) || (month && place.period != *month)) continue;
        if (auto difference = compare(name_of(account, session, place), nothing_of(before), before))
            return difference;
    }
    return std::nullopt;
}

std::optional<Difference> check_charge_without_session(const lifecycle::AccountId& account,
                                                       const lifecycle::SessionId& session,
                                                       const metering::Place& place,
                                                       const money::Decimal& seconds,
                                                       const money::Decimal& amount) {
    if (seconds.is_zero() && amount.is_zero()) return std::nullopt;
    return Difference{name_of(account, session, place), "amount, since there is no such session",
                      "0", money::to_text(amount)};
}

}  // namespace proof
