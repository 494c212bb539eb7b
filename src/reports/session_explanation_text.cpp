#include <algorithm>

#include "reports/fact_text.h"
#include "reports/session_explanation.h"
#include "reports/table.h"

namespace reports {
namespace {

using calendar::Duration;
using calendar::Instant;
using lifecycle::Session;

constexpr std::size_t page_width = 100;
constexpr std::size_t name_width = 13;

std::string clock_of(Instant instant) {
    const std::string text = to_text(instant);
    return text.substr(11, text.size() - 12);
}

std::string day_of(Instant instant) {
    return to_text(instant).substr(0, 10);
}

std::string heading(const std::string& title, char rule) {
    return title + "\n" + std::string(display_width(title), rule) + "\n";
}

/// The text after `lead`, broken at blanks; further lines are indented as far as the lead reaches.
std::string hang(const std::string& lead, const std::string& text) {
    const std::size_t indent = display_width(lead);
    std::string result = lead;
    std::size_t width = indent;
    for (std::size_t place = 0; place < text.size();) {
        std::size_t end = text.find(' ', place);
        if (end == std::string::npos) end = text.size();
        const std::string word = text.substr(place, end - place);
        place = end + 1;
        if (width > indent && width + 1 + display_width(word) > page_width) {
            result.append("\n").append(indent, ' ');
            width = indent;
        } else if (width > indent) {
            result += ' ';
            ++width;
        }
        result += word;
        width += display_width(word);
    }
    return result + "\n";
}

std::string named(const std::string& name, const std::string& value) {
    return hang(name + std::string(name_width - std::min(name_width - 1, display_width(name)), ' '),
                to_printable(value));
}

std::string blank_lead(const std::string& lead) {
    return std::string(display_width(lead), ' ');
}

/// Letters for gateways, whose ids are long: a, b, … z, then g27 and on.
class GatewayNames {
  public:
    explicit GatewayNames(const std::vector<ExplainedFact>& facts) {
        for (const ExplainedFact& fact : facts) names_.try_emplace(fact.gateway);
        std::size_t number = 0;
        for (auto& [gateway, name] : names_) {
            if (number < 26) {
                name.push_back(static_cast<char>('a' + number));
            } else {
                name.append("g").append(std::to_string(number + 1));
            }
            ++number;
        }
    }
    std::string of(const ExplainedFact& fact) const {
        return names_.at(fact.gateway) + ":" + std::to_string(fact.sequence);
    }
    std::string legend() const {
        std::string text;
        for (const auto& [gateway, name] : names_)
            text += (text.empty() ? "" : ", ") + name + " = gateway " + gateway.text();
        return text;
    }

  private:
    std::map<lifecycle::GatewayId, std::string> names_;
};

std::string ground_text(const SessionExplanation& explanation, const Ground& ground,
                        const GatewayNames& names) {
    if (!ground.fact) return ground.why;
    return ground.why + " [" + names.of(explanation.story.facts[*ground.fact]) + "]";
}

std::string about(const SessionExplanation& explanation) {
    const SessionStory& story = explanation.story;
    const Session& session = story.session;
    std::string text = heading("Session " + to_printable(session.id.text()), '=') + "\n";
    text += named("Account", story.account + ", zone " + story.zone.name());
    text += named("Model", session.model.text());
    text += named("Upstream", session.upstream.text());
    text += named("Instance", session.created ? "created " + to_text(*session.created)
                                              : "its creation was never told");
    text += named("GB", session.gb.value_or("not known: the session has no price yet"));
    text += named("Replicas", std::to_string(session.concurrency) +
                                  (lifecycle::is_sane_concurrency(session.concurrency)
                                       ? ""
                                       : ": nobody can mean that, the session has no price"));
    text += named("Plan", story.plan ? story.plan->name : "none was in force when it was loaded");
    text +=
        named("Runs",
              std::to_string(session.runs) +
                  (session.last_run_at ? ", the last ended " + to_text(*session.last_run_at) : ""));
    for (const Sharer& sharer : story.shared_with)
        text += named("Shared with",
                      sharer.account + ", whose key " + sharer.key.text() + " sees it too");
    return text + "\n";
}

std::string instant_line(const std::string& name, const std::optional<Instant>& instant,
                         const std::string& why) {
    const std::string lead = name + std::string(name_width - name.size(), ' ');
    const std::string at = instant ? to_text(*instant) : "–";
    return hang(lead + at + std::string(29 - std::min<std::size_t>(28, display_width(at)), ' '),
                why);
}

std::string instants(const SessionExplanation& explanation, const GatewayNames& names) {
    const Session& session = explanation.story.session;
    std::string text = heading("The instants (UTC, the upstream's clock)", '-');
    text += instant_line("Loaded", session.loaded_at,
                         ground_text(explanation, explanation.loaded, names));
    text += instant_line("Running", session.running_at,
                         ground_text(explanation, explanation.running, names));
    text += instant_line("Expires", session.expires_at,
                         session.expires_at ? "when its idle limit is reached" : "not known");
    const std::string reason =
        session.end_reason ? std::string(lifecycle::to_text(*session.end_reason)) + ": " : "";
    text += instant_line("Ended", session.ended_at,
                         reason + ground_text(explanation, explanation.ended, names) +
                             (session.estimated ? " (estimated)" : ""));
    if (!explanation.bound.empty()) text += named("Bound", explanation.bound);
    text += named("Clocks", explanation.clock);
    if (session.adjusted)
        text += named("Moved", "an instant was moved to keep loaded ≤ running ≤ ended");
    return text + "\n";
}

std::string rate_of(const SessionExplanation& explanation) {
    const metering::Plan& plan = *explanation.story.plan;
    return to_text(plan.rate_per_gb_second) + " " + std::string(plan.currency.code());
}

std::string parts_table(const SessionExplanation& explanation) {
    const metering::Charge& charge = *explanation.charge;
    const auto cell = [](const std::optional<money::Decimal>& value) {
        return value ? to_text(*value) : std::string("unpriced");
    };
    std::vector<std::vector<std::string>> rows;
    for (const ExplainedPart& part : explanation.parts) {
        std::optional<money::Decimal> amount;
        if (part.amount) amount = part.amount->value();
        rows.push_back({part.name, to_text(metering::to_seconds(part.seconds)),
                        cell(part.gb_seconds), cell(amount)});
    }
    std::optional<money::Decimal> amount;
    if (charge.amount) amount = charge.amount->value();
    return to_table(
        {{"PART"},
         {"SECONDS", Align::right},
         {"GB-SECONDS", Align::right},
         {"AMOUNT " + std::string(explanation.story.plan->currency.code()), Align::right}},
        rows,
        {"billable", to_text(metering::to_seconds(charge.billable)), cell(charge.gb_seconds),
         cell(amount)});
}

std::string months_table(const SessionExplanation& explanation) {
    std::vector<std::vector<std::string>> rows;
    for (const metering::MonthSlice& slice : explanation.charge->slices) {
        rows.push_back({to_text(slice.period), to_text(metering::to_seconds(slice.billable)),
                        slice.gb_seconds ? to_text(*slice.gb_seconds) : "unpriced",
                        slice.amount ? to_text(slice.amount->value()) : "unpriced"});
    }
    return to_table({{"MONTH (" + explanation.story.zone.name() + ")"},
                     {"SECONDS", Align::right},
                     {"GB-SECONDS", Align::right},
                     {"AMOUNT", Align::right}},
                    rows);
}

std::string arithmetic(const SessionExplanation& explanation) {
    std::string text = heading("The arithmetic", '-');
    if (!explanation.charge) return text + "No plan was in force: nothing is charged.\n\n";
    const metering::Charge& charge = *explanation.charge;
    if (!charge.start) {
        return text + (explanation.story.session.end_reason
                           ? "It ended without being metered: free.\n\n"
                           : "Not metered yet.\n\n");
    }
    const SessionStory& story = explanation.story;
    const Session& session = story.session;
    const metering::Plan& plan = *story.plan;
    text += named("Metered from", to_text(*charge.start));
    text += named("to", to_text(*charge.end) + (!session.end_reason ? ", as of now: it goes on"
                                                : charge.end != session.ended_at
                                                    ? ", where its spin-down stops "
                                                      "being billed"
                                                    : ""));
    text += named("Used", seconds_text(charge.used) + ", rounded up to a multiple of " +
                              seconds_text(plan.increment) + ", at least " +
                              seconds_text(plan.minimum));
    if (charge.gb_seconds) {
        text += named(
            "Price",
            session.gb.value_or("") + " GB × " + to_text(metering::to_seconds(charge.billable)) +
                " s × " +
                (plan.per_replica ? std::to_string(session.concurrency) +
                                        (session.concurrency == 1 ? " replica × " : " replicas × ")
                                  : "") +
                rate_of(explanation) + " = " + to_text(charge.amount->value()) + " " +
                std::string(plan.currency.code()));
    }
    text.append("\n").append(parts_table(explanation)).append("\n");
    if (!charge.slices.empty()) text.append(months_table(explanation)).append("\n");
    return text;
}

std::string charges_table(const SessionStory& story) {
    std::string text = heading("Charged so far", '-');
    if (story.charges.empty()) return text + "Nothing.\n\n";
    std::vector<std::vector<std::string>> rows;
    money::Decimal sum;
    for (const ExplainedCharge& row : story.charges) {
        rows.push_back({row.period, std::to_string(row.revision), row.status, row.seconds,
                        row.amount.value_or("unpriced"), to_text(row.charged_at)});
        if (row.amount) sum += money::parse_decimal(*row.amount).value_or(money::Decimal());
    }
    return text +
           to_table({{"MONTH"},
                     {"REVISION", Align::right},
                     {"STATUS"},
                     {"SECONDS", Align::right},
                     {"AMOUNT", Align::right},
                     {"CHARGED AT"}},
                    rows, {"sum", "", "", "", to_text(sum), ""}) +
           (std::ranges::any_of(story.charges,
                                [](const ExplainedCharge& row) { return row.revision > 1; })
                ? "Revisions after the first are corrections: what a row adds to those before it.\n"
                : "") +
           "\n";
}

std::string warmth(const SessionStory& story) {
    if (story.session.kept_warm_by.empty()) return "";
    std::vector<std::vector<std::string>> rows;
    for (const lifecycle::KeptWarm& guest : story.session.kept_warm_by) {
        const auto account = story.accounts.find(guest.key);
        rows.push_back({account == story.accounts.end() ? "" : account->second,
                        guest.key.text().substr(0, 8), std::to_string(guest.runs),
                        to_text(guest.first_at), to_text(guest.last_at)});
    }
    return heading("Kept warm by", '-') +
           to_table({{"ACCOUNT"}, {"KEY"}, {"RUNS", Align::right}, {"FIRST"}, {"LAST"}}, rows) +
           "\n";
}

std::string facts_list(const SessionExplanation& explanation, const GatewayNames& names) {
    const SessionStory& story = explanation.story;
    std::string text = heading("The facts (UTC, each gateway's own clock)", '-');
    std::string day;
    for (const ExplainedFact& fact : story.facts) {
        const Instant at = fact.fact.occurred_at;
        if (day != day_of(at)) text += (day = day_of(at)) + "\n";
        std::string lead = clock_of(at);
        lead.resize(17, ' ');
        std::string identity = names.of(fact);
        identity.resize(std::max<std::size_t>(identity.size() + 2, 10), ' ');
        std::string says = to_printable(describe(fact.fact.body));
        if (fact.by_guest) says = "of another account: " + says;
        text += hang(lead + identity, says);
    }
    return text + hang(blank_lead(""), to_printable(names.legend()));
}

}  // namespace

std::string explanation_text(const SessionExplanation& explanation) {
    const GatewayNames names(explanation.story.facts);
    return about(explanation) + instants(explanation, names) + arithmetic(explanation) +
           charges_table(explanation.story) + warmth(explanation.story) +
           facts_list(explanation, names);
}

}  // namespace reports
