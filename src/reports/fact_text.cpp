#include "reports/fact_text.h"

#include "metering/charge.h"

namespace reports {
namespace {

using namespace lifecycle;
using calendar::Instant;

void add(std::string& text, const std::string& more) {
    if (!text.empty()) text += ", ";
    text += more;
}

void add_instant(std::string& text, const char* name, const std::optional<Instant>& instant) {
    if (instant) add(text, std::string(name) + " " + calendar::to_text(*instant));
}

void add_number(std::string& text, const char* name, const std::optional<std::int64_t>& number) {
    if (number) add(text, std::string(name) + " " + std::to_string(*number));
}

void add_date(std::string& text, const std::optional<Instant>& date) {
    add_instant(text, "Date", date);
}

std::string counted(std::uint64_t count, const char* what) {
    return std::to_string(count) + " " + what;
}

std::string options_text(const LoadOptions& options, const std::optional<std::string>& gb) {
    std::string text;
    add(text, "concurrency " + std::to_string(options.concurrency));
    add(text, "idle limit " + std::to_string(options.expiration_seconds) + " s");
    add(text, gb ? *gb + " GB" : "GB not known");
    return text;
}

std::string status_text(int status) {
    return status == 0 ? "no answer came" : "answered " + std::to_string(status);
}

std::string say(const GatewayStarted& fact) {
    return "gateway " + fact.version + " started in front of " + fact.upstream.text();
}
std::string say(const LoadRequested& fact) {
    return "load is about to be forwarded: " + options_text(fact.options, fact.gb);
}
std::string say(const LoadAnswered& fact) {
    std::string text = "load " + status_text(fact.status);
    text += fact.accepted ? ", accepted" : fact.status == 0 ? "" : ", refused: opens nothing";
    add(text, options_text(fact.options, fact.gb));
    add_instant(text, "sent", fact.sent_at);
    add_date(text, fact.date);
    return text;
}
std::string say(const RunArrived&) {
    return "run arrived";
}
std::string say(const RunEnded& fact) {
    return "run " + status_text(fact.status) +
           (is_accepted_run(fact.status) ? "" : ": not taken by the instance");
}
std::string say(const Runs& fact) {
    std::string text = "runs of the minute " + calendar::to_text(fact.minute) + ": " +
                       counted(fact.arrived, "arrived");
    add(text, counted(fact.accepted, "taken"));
    if (fact.refused > 0) add(text, counted(fact.refused, "refused"));
    if (fact.disconnected > 0) add(text, counted(fact.disconnected, "left by the client"));
    add_instant(text, "first arrival", fact.first_arrival);
    add_instant(text, "last arrival", fact.last_arrival);
    add_instant(text, "last end", fact.last_accepted_end);
    add_instant(text, "which arrived at the latest", fact.last_accepted_arrival);
    if (fact.asked_at && fact.answered_at && fact.date) {
        add_instant(text, "one that came", fact.asked_at);
        add_instant(text, "and ended", fact.answered_at);
        add_date(text, fact.date);
    }
    return text;
}
std::string say(const DeleteAnswered& fact) {
    std::string text = "delete " + status_text(fact.status);
    add_instant(text, "sent", fact.sent_at);
    add_date(text, fact.date);
    return text;
}
std::string say(const InstanceSeen& fact) {
    std::string text = fact.source == Source::watcher ? "asked for: " : "seen passing: ";
    text += fact.state;
    add_number(text, "concurrency", fact.concurrency);
    add_number(text, "inferences", fact.inferences);
    add_number(text, "idle limit", fact.expiration_seconds);
    add_instant(text, "created", fact.created);
    add_instant(text, "modified", fact.modified);
    add_instant(text, "expiresAt", fact.expires_at);
    add_instant(text, "question sent", fact.asked_at);
    add_date(text, fact.date);
    return text;
}
std::string say(const InstanceAbsent& fact) {
    std::string text = fact.source == Source::watcher ? "asked for: " : "seen passing: ";
    text += "the upstream denies that it is loaded";
    add_instant(text, "question sent", fact.asked_at);
    add_date(text, fact.date);
    return text;
}
std::string say(const CatalogueEntry& fact) {
    return fact.gb ? "the catalogue says " + *fact.gb + " GB" : "the catalogue knows no GB";
}
std::string say(const ModelSet& fact) {
    return fact.author + " set " + fact.gb + " GB";
}

}  // namespace

std::string describe(const FactBody& fact) {
    return std::visit([](const auto& body) { return say(body); }, fact);
}

std::string seconds_text(calendar::Duration duration) {
    return to_text(metering::to_seconds(duration)) + " s";
}

}  // namespace reports
