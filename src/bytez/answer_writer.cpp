// The writers of answer.h: what the origin sends.
#include "bytez/answer.h"
#include "lifecycle/json_text.h"

namespace bytez {
namespace {

using lifecycle::append_json_text;

void append_integer(std::string_view name, const std::optional<std::int64_t>& value,
                    std::string& out) {
    out += name;
    out += value ? std::to_string(*value) : "null";
}

void append_instant(std::string_view name, const std::optional<calendar::Instant>& value,
                    std::string& out) {
    out += name;
    out += value ? '"' + calendar::to_text_milliseconds(*value) + '"' : "null";
}

/// Seconds as minutes: whole where they are (the document prints 30 for 1800), else rounded half
/// up at the sixth digit without trailing zeros. Shown only: nothing is computed from it.
std::string minutes_text(std::int64_t seconds) {
    const std::int64_t whole = seconds / 60;
    const std::int64_t millionths = ((seconds % 60) * 1'000'000 + 30) / 60;
    std::string text = std::to_string(whole);
    if (seconds < 0 || millionths == 0) return text;
    std::string fraction = std::to_string(millionths);
    fraction.insert(0, 6 - fraction.size(), '0');
    fraction.erase(fraction.find_last_not_of('0') + 1);
    return text + '.' + fraction;
}

void append_status(const InstanceReport& report, std::string& out) {
    out += "{\"model\":";
    append_json_text(report.model.text(), out);
    out += ",\"status\":";
    append_json_text(report.status, out);
    append_integer(",\"concurrency\":", report.concurrency, out);
    append_integer(",\"inferences\":", report.inferences, out);
    append_integer(",\"expirationPeriodSeconds\":", report.expiration_seconds, out);
    out += ",\"expirationPeriodMinutes\":";
    out += report.expiration_seconds ? minutes_text(*report.expiration_seconds) : "null";
    append_instant(",\"expiresAt\":", report.expires_at, out);
    append_instant(",\"created\":", report.created, out);
    append_instant(",\"modified\":", report.modified, out);
    if (report.error) {
        out += ",\"error\":";
        append_json_text(*report.error, out);
    }
    out += '}';
}

void append_model(const CatalogueModel& model, std::string& out) {
    out += "{\"name\":";
    append_json_text(model.name.text(), out);
    out += ",\"requiredRAM\":";
    out += model.required_ram.value_or("null");
    out += model.benchmarked ? ",\"benchmarked\":true}" : ",\"benchmarked\":false}";
}

template <class Item>
std::string write_array(const std::vector<Item>& items, void (*append)(const Item&, std::string&)) {
    std::string out = "[";
    for (const Item& item : items) {
        if (out.size() > 1) out += ',';
        append(item, out);
    }
    return out + ']';
}

}  // namespace

std::string write_status(const InstanceReport& report) {
    std::string out;
    append_status(report, out);
    return out;
}

std::string write_instances(const std::vector<InstanceReport>& reports) {
    return write_array(reports, append_status);
}

std::string write_list(const std::vector<CatalogueModel>& models) {
    return write_array(models, append_model);
}

std::string write_error(std::string_view message) {
    std::string out = "{\"status\":\"error\",\"error\":";
    append_json_text(message, out);
    return out + '}';
}

}  // namespace bytez
