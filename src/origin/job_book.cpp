#include "origin/job_book.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "platform/files.h"

namespace origin {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFileBytes = 16 * 1024 * 1024;
constexpr int kVersion = 1;

constexpr std::pair<JobRecord::State, const char*> kStates[] = {
    {JobRecord::State::queued, "queued"},
    {JobRecord::State::running, "running"},
    {JobRecord::State::available, "available"},
    {JobRecord::State::failed, "failed"},
};

json to_json(const std::optional<calendar::Instant>& instant) {
    return instant ? json(calendar::to_text(*instant)) : json();
}

std::optional<calendar::Instant> read_instant(const json& value) {
    if (value.is_null()) return std::nullopt;
    const auto instant = calendar::parse_instant(value.get<std::string>());
    if (!instant) throw std::runtime_error("an instant cannot be read");
    return instant;
}

json to_json(const JobRecord& record) {
    json object;
    for (const auto& [state, name] : kStates) {
        if (state == record.state) object["state"] = name;
    }
    object["modified"] = to_json(record.modified);
    object["started"] = to_json(record.started);
    object["ended"] = to_json(record.ended);
    object["required_ram"] = record.required_ram;
    object["method"] = record.method;
    object["failure"] = record.failure;
    object["was_told"] = record.was_told;
    return object;
}

JobRecord read_record(const json& object) {
    JobRecord record;
    bool known = false;
    for (const auto& [state, name] : kStates) {
        if (object.at("state") != name) continue;
        record.state = state;
        known = true;
    }
    const auto modified = read_instant(object.at("modified"));
    if (!known || !modified) throw std::runtime_error("a record cannot be read");
    record.modified = *modified;
    record.started = read_instant(object.at("started"));
    record.ended = read_instant(object.at("ended"));
    record.required_ram = object.at("required_ram").get<std::string>();
    record.method = object.at("method").get<std::string>();
    record.failure = object.at("failure").get<std::string>();
    record.was_told = object.at("was_told").get<bool>();
    return record;
}

}  // namespace

JobBook::JobBook(std::string path) : path_(std::move(path)) {
    if (!std::filesystem::exists(path_)) return;
    try {
        const json file = json::parse(platform::read_file(path_, kMaxFileBytes));
        if (file.at("version") != kVersion) throw std::runtime_error("it has another version");
        for (const auto& [name, object] : file.at("models").items()) {
            JobRecord record = read_record(object);
            if (record.state == JobRecord::State::running) {
                record.state = JobRecord::State::queued;
                record.started.reset();
            }
            records_[lifecycle::ModelName(name)] = record;
        }
    } catch (const std::exception& error) {
        throw std::runtime_error(path_ + " cannot be read: " + error.what());
    }
}

const JobRecord* JobBook::find(const lifecycle::ModelName& model) const {
    const auto found = records_.find(model);
    return found == records_.end() ? nullptr : &found->second;
}

void JobBook::put(const lifecycle::ModelName& model, JobRecord record) {
    records_[model] = std::move(record);
    write();
}

std::optional<lifecycle::ModelName> JobBook::find_next() const {
    std::optional<lifecycle::ModelName> next;
    std::optional<calendar::Instant> earliest;
    for (const auto& [model, record] : records_) {
        if (record.state != JobRecord::State::queued) continue;
        if (earliest && *earliest <= record.modified) continue;
        earliest = record.modified;
        next = model;
    }
    return next;
}

void JobBook::write() const {
    json models = json::object();
    for (const auto& [model, record] : records_) models[model.text()] = to_json(record);
    const json file = {{"version", kVersion}, {"models", models}};
    platform::write_file_atomically(path_, file.dump(2) + '\n');
}

}  // namespace origin
