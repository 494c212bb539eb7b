#include "bytez/answer.h"

#include <array>

#include "bytez/flat_json.h"

namespace bytez {
namespace {

std::optional<InstanceReport> read_report(const FlatObject& object) {
    const auto model = object.text("model");
    const auto status = object.text("status");
    // An error of the API has a `status` too: it reports no instance.
    if (!model || !status || *status == "error") return std::nullopt;
    InstanceReport report;
    report.model = lifecycle::ModelName(*model);
    report.status = *status;
    report.concurrency = object.integer("concurrency");
    report.inferences = object.integer("inferences");
    report.expiration_seconds = object.integer("expirationPeriodSeconds");
    report.expires_at = object.instant("expiresAt");
    report.created = object.instant("created");
    report.modified = object.instant("modified");
    report.error = object.text("error");
    return report;
}

int month_number(std::string_view name) {
    constexpr std::array<std::string_view, 12> names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return static_cast<int>(i) + 1;
    return 0;
}

bool is_weekday(std::string_view name) {
    for (const std::string_view day : {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"})
        if (day == name) return true;
    return false;
}

}  // namespace

std::optional<InstanceReport> parse_status(std::string_view json) {
    const auto body = parse_flat(json);
    if (!body || body->is_array) return std::nullopt;
    return read_report(body->objects.front());
}

std::optional<std::vector<InstanceReport>> parse_instances(std::string_view json) {
    const auto body = parse_flat(json);
    if (!body || !body->is_array) return std::nullopt;
    std::vector<InstanceReport> reports;
    for (const FlatObject& object : body->objects) {
        auto report = read_report(object);
        // Absence from this list ends sessions: half understood, it says nothing.
        if (!report) return std::nullopt;
        reports.push_back(std::move(*report));
    }
    return reports;
}

std::optional<std::vector<CatalogueModel>> parse_list(std::string_view json) {
    const auto body = parse_flat(json);
    if (!body || !body->is_array) return std::nullopt;
    std::vector<CatalogueModel> models;
    for (const FlatObject& object : body->objects) {
        const auto name = object.text("name");
        if (!name) continue;
        CatalogueModel model;
        model.name = lifecycle::ModelName(*name);
        model.required_ram = object.number("requiredRAM");
        model.benchmarked = object.truth("benchmarked").value_or(model.required_ram.has_value());
        if (!model.benchmarked) model.required_ram.reset();
        models.push_back(std::move(model));
    }
    return models;
}

std::optional<calendar::Instant> parse_http_date(std::string_view text) {
    // Sun, 06 Nov 1994 08:49:37 GMT
    if (text.size() != 29 || text.substr(3, 2) != ", " || !is_weekday(text.substr(0, 3)) ||
        text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text.substr(25) != " GMT")
        return std::nullopt;
    const int month = month_number(text.substr(8, 3));
    if (month == 0) return std::nullopt;
    std::string rfc3339(text.substr(12, 4));
    rfc3339 += month < 10 ? "-0" : "-";
    rfc3339 += std::to_string(month);
    rfc3339 += '-';
    rfc3339 += text.substr(5, 2);
    rfc3339 += 'T';
    rfc3339 += text.substr(17, 8);
    rfc3339 += 'Z';
    return calendar::parse_instant(rfc3339);
}

}  // namespace bytez
