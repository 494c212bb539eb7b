#include "reports/reconciliation_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "reports/csv.h"
#include "reports/table.h"

namespace reports {
namespace {

using Json = nlohmann::ordered_json;
using reconciling::BillLine;
using reconciling::Difference;
using reconciling::Match;
using reconciling::OurSession;
using reconciling::Reconciliation;
using reconciling::Sums;

std::string text_of(const std::optional<calendar::Instant>& instant) {
    return instant ? calendar::to_text(*instant) : "";
}

std::string text_of(const std::optional<money::Decimal>& decimal) {
    return decimal ? money::to_text(*decimal) : "";
}

std::string line_name(const BillLine& line) {
    return std::to_string(line.number);
}

using Cells = std::vector<std::string>;

Cells theirs_alone(const BillLine& line) {
    return {
        "only theirs",       line_name(line), "", line.model, "", text_of(line.since()) + " …", "",
        text_of(line.amount)};
}

Cells ours_alone(const OurSession& session) {
    std::string time = text_of(session.start);
    return {"only ours", "", session.id,  session.model,
            "",          "", time + " …", session.amount ? text_of(session.amount) : "unpriced"};
}

std::vector<Cells> rows_of(const Reconciliation& reconciliation) {
    std::vector<Cells> rows;
    for (const Match& match : reconciliation.matches) {
        const BillLine& line = reconciliation.lines[match.line];
        const OurSession& session = reconciliation.sessions[match.session];
        bool is_first = true;
        for (const Difference& difference : match.differences) {
            rows.push_back({is_first ? "differs" : "", is_first ? line_name(line) : "",
                            is_first ? session.id : "", is_first ? line.model : "",
                            difference.field, difference.theirs, difference.ours, difference.by});
            is_first = false;
        }
    }
    for (const std::size_t i : reconciliation.only_theirs)
        rows.push_back(theirs_alone(reconciliation.lines[i]));
    for (const std::size_t i : reconciliation.only_ours)
        rows.push_back(ours_alone(reconciliation.sessions[i]));
    return rows;
}

Cells totals_row(const char* side, const Sums& sums) {
    return {side, std::to_string(sums.count), to_text(sums.seconds), to_text(sums.billed_seconds),
            to_text(sums.amount)};
}

std::size_t count_differing(const Reconciliation& reconciliation) {
    return static_cast<std::size_t>(std::ranges::count_if(
        reconciliation.matches, [](const Match& match) { return !match.differences.empty(); }));
}

Json json_of(const BillLine& line) {
    const auto text = [](const std::string& value) {
        return value.empty() ? Json(nullptr) : Json(value);
    };
    return {{"line", line.number},
            {"model", line.model},
            {"created", text(text_of(line.created))},
            {"start", text(text_of(line.start))},
            {"end", text(text_of(line.end))},
            {"seconds", text(text_of(line.seconds))},
            {"billed_seconds", text(text_of(line.billed_seconds))},
            {"amount", text(text_of(line.amount))},
            {"instance", text(line.instance)},
            {"account", text(line.account)},
            {"key", text(line.key)}};
}

Json json_of(const OurSession& session) {
    const auto instant = [](const std::optional<calendar::Instant>& at) {
        return at ? Json(calendar::to_text(*at)) : Json(nullptr);
    };
    return {{"session", session.id},
            {"account", session.account},
            {"model", session.model},
            {"created", instant(session.created)},
            {"start", instant(session.start)},
            {"end", session.is_open ? Json(nullptr) : instant(session.end)},
            {"estimated", session.is_estimated},
            {"seconds", to_text(session.seconds)},
            {"billed_seconds", to_text(session.billed_seconds)},
            {"amount", session.amount ? Json(to_text(*session.amount)) : Json(nullptr)}};
}

Json json_of(const Reconciliation& reconciliation, const Match& match) {
    Json json;
    json["theirs"] = json_of(reconciliation.lines[match.line]);
    json["ours"] = json_of(reconciliation.sessions[match.session]);
    if (match.differences.empty()) return json;
    json["differences"] = Json::array();
    for (const Difference& difference : match.differences) {
        json["differences"].push_back(
            {{"field", difference.field},
             {"theirs", difference.theirs},
             {"ours", difference.ours},
             {"by", difference.by.empty() ? Json(nullptr) : Json(difference.by)}});
    }
    return json;
}

Json json_of(const Sums& sums) {
    return {{"count", sums.count},
            {"seconds", to_text(sums.seconds)},
            {"billed_seconds", to_text(sums.billed_seconds)},
            {"amount", to_text(sums.amount)}};
}

}  // namespace

std::string reconciliation_table(const Reconciliation& reconciliation) {
    std::string text;
    const auto rows = rows_of(reconciliation);
    if (!rows.empty()) {
        text += to_table({{"WHAT"},
                          {"LINE", Align::right},
                          {"SESSION"},
                          {"MODEL"},
                          {"FIELD"},
                          {"THEIRS"},
                          {"OURS"},
                          {"BY", Align::right}},
                         rows);
        text += '\n';
    }
    const std::size_t differing = count_differing(reconciliation);
    text += std::to_string(reconciliation.matches.size() - differing) + " agree, " +
            std::to_string(differing) + " differ, " +
            std::to_string(reconciliation.only_theirs.size()) + " only theirs, " +
            std::to_string(reconciliation.only_ours.size()) + " only ours\n\n";
    return text + to_table({{"TOTAL"},
                            {"COUNT", Align::right},
                            {"USED S", Align::right},
                            {"BILLED S", Align::right},
                            {"AMOUNT", Align::right}},
                           {totals_row("theirs", reconciliation.theirs),
                            totals_row("ours", reconciliation.ours)});
}

std::string reconciliation_csv(const Reconciliation& reconciliation) {
    std::string text =
        to_csv_line({"what", "line", "session", "model", "field", "theirs", "ours", "by"});
    for (const Match& match : reconciliation.matches) {
        const BillLine& line = reconciliation.lines[match.line];
        const OurSession& session = reconciliation.sessions[match.session];
        if (match.differences.empty())
            text +=
                to_csv_line({"agrees", line_name(line), session.id, line.model, "", "", "", ""});
        for (const Difference& difference : match.differences)
            text +=
                to_csv_line({"differs", line_name(line), session.id, line.model, difference.field,
                             difference.theirs, difference.ours, difference.by});
    }
    for (const std::size_t i : reconciliation.only_theirs) {
        const BillLine& line = reconciliation.lines[i];
        text += to_csv_line({"only_theirs", line_name(line), "", line.model, "start",
                             text_of(line.since()), "", ""});
    }
    for (const std::size_t i : reconciliation.only_ours) {
        const OurSession& session = reconciliation.sessions[i];
        text += to_csv_line(
            {"only_ours", "", session.id, session.model, "start", "", text_of(session.start), ""});
    }
    return text;
}

std::string reconciliation_json(const Reconciliation& reconciliation) {
    Json json;
    json["agrees"] = reconciliation.agrees();
    json["matched"] = Json::array();
    json["differing"] = Json::array();
    for (const Match& match : reconciliation.matches)
        json[match.differences.empty() ? "matched" : "differing"].push_back(
            json_of(reconciliation, match));
    json["only_theirs"] = Json::array();
    for (const std::size_t i : reconciliation.only_theirs)
        json["only_theirs"].push_back(json_of(reconciliation.lines[i]));
    json["only_ours"] = Json::array();
    for (const std::size_t i : reconciliation.only_ours)
        json["only_ours"].push_back(json_of(reconciliation.sessions[i]));
    json["totals"] = {{"theirs", json_of(reconciliation.theirs)},
                      {"ours", json_of(reconciliation.ours)}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace reports
