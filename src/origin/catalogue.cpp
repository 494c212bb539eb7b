#include "origin/catalogue.h"

#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "platform/files.h"

namespace origin {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFileBytes = 16 * 1024 * 1024;
constexpr std::int64_t kMaxReplicas = 1024;
constexpr std::int64_t kMaxBootSeconds = 24 * 3600;

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
    throw std::runtime_error(where + ": " + what);
}

/// One object of the file: every key is read once, and a key that nobody read is refused.
class Reader {
  public:
    Reader(const json& object, std::string where) : object_(object), where_(std::move(where)) {
        if (!object.is_object()) refuse(where_, "must be an object");
    }

    std::optional<std::string> text(const std::string& key) {
        const json* value = find(key);
        if (value == nullptr) return std::nullopt;
        if (!value->is_string()) refuse(path(key), "must be a text");
        return value->get<std::string>();
    }

    std::int64_t integer(const std::string& key, std::int64_t fallback, std::int64_t high) {
        const json* value = find(key);
        if (value == nullptr) return fallback;
        const bool fits = value->is_number_integer() && *value >= 1 && *value <= high;
        if (!fits) refuse(path(key), "must be a whole number from 1 to " + std::to_string(high));
        return value->get<std::int64_t>();
    }

    const json* find(const std::string& key) {
        known_.insert(key);
        const auto found = object_.find(key);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }

    std::string path(const std::string& key) const { return where_ + '.' + key; }

    void refuse_unknown() const {
        for (const auto& [key, value] : object_.items()) {
            if (!known_.contains(key)) refuse(path(key), "is no key of the catalogue");
        }
    }

  private:
    const json& object_;
    std::string where_;
    std::set<std::string> known_;
};

/// Quantities that become money are texts: a JSON number loses digits on its way through a double.
std::string read_gibibytes(const std::string& text, const std::string& where) {
    const auto point = text.find('.');
    const std::string whole = text.substr(0, point);
    const std::string fraction = point == text.npos ? "0" : text.substr(point + 1);
    const auto all_digits = [](const std::string& digits) {
        return !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
    };
    const bool positive = text.find_first_of("123456789") != text.npos;
    const bool leading_zero = whole.size() > 1 && whole[0] == '0';
    if (!all_digits(whole) || !all_digits(fraction) || !positive || leading_zero ||
        whole.size() > 9 || fraction.size() > 30) {
        refuse(where, "must be GiB as a positive decimal text, like \"0.5\"");
    }
    return text;
}

std::vector<std::string> read_command(const json* value, const std::string& where) {
    std::vector<std::string> argv;
    if (value == nullptr || !value->is_array() || value->empty()) {
        refuse(where, "must be a list of texts: the engine's program and its arguments");
    }
    for (const json& word : *value) {
        if (!word.is_string()) refuse(where, "must be a list of texts");
        argv.push_back(word.get<std::string>());
    }
    return argv;
}

CatalogueEntry read_entry(const json& object, const std::string& where,
                          calendar::Duration boot_limit) {
    Reader reader(object, where);
    CatalogueEntry entry;
    entry.name = lifecycle::ModelName(reader.text("name").value_or(""));
    if (entry.name.empty() || entry.name.text().size() > 512) {
        refuse(where + ".name", "must be a text of 1 to 512 bytes");
    }
    entry.task = reader.text("task").value_or("text-generation");
    entry.model_file = reader.text("model_file").value_or("");
    entry.max_replicas = reader.integer("max_replicas", 1, kMaxReplicas);
    entry.boot_limit = calendar::Duration::seconds(
        reader.integer("boot_limit_seconds", boot_limit.micros / 1000000, kMaxBootSeconds));
    if (const auto text = reader.text("required_ram")) {
        entry.required_ram = read_gibibytes(*text, reader.path("required_ram"));
    }
    const json* engine = reader.find("engine");
    if (engine == nullptr) refuse(reader.path("engine"), "is missing");
    reader.refuse_unknown();

    Reader inner(*engine, reader.path("engine"));
    entry.engine.argv = read_command(inner.find("command"), inner.path("command"));
    entry.engine.directory = inner.text("directory").value_or("");
    entry.health_path = inner.text("health_path").value_or("/health");
    if (!entry.health_path.starts_with('/')) {
        refuse(inner.path("health_path"), "must start with /");
    }
    if (const json* environment = inner.find("environment")) {
        Reader names(*environment, inner.path("environment"));
        for (const auto& [name, value] : environment->items()) {
            entry.engine.environment[name] = names.text(name).value_or("");
        }
    }
    inner.refuse_unknown();
    return entry;
}

std::string replace_all(std::string text, const std::map<std::string, std::string>& values) {
    for (const auto& [placeholder, value] : values) {
        for (auto at = text.find(placeholder); at != text.npos;
             at = text.find(placeholder, at + value.size())) {
            text.replace(at, placeholder.size(), value);
        }
    }
    return text;
}

}  // namespace

std::vector<CatalogueEntry> parse_catalogue(std::string_view text, calendar::Duration boot_limit) {
    const json file = json::parse(text, nullptr, true, /*ignore_comments=*/true);
    Reader reader(file, "catalogue");
    const json* models = reader.find("models");
    reader.refuse_unknown();
    if (models == nullptr || !models->is_array()) refuse("models", "must be a list of models");
    std::vector<CatalogueEntry> entries;
    std::set<lifecycle::ModelName> names;
    for (std::size_t i = 0; i < models->size(); ++i) {
        const std::string where = "models[" + std::to_string(i) + "]";
        entries.push_back(read_entry((*models)[i], where, boot_limit));
        if (!names.insert(entries.back().name).second) refuse(where + ".name", "is there twice");
    }
    return entries;
}

std::vector<CatalogueEntry> load_catalogue(const std::string& path, calendar::Duration boot_limit) {
    const std::string text = platform::read_file(path, kMaxFileBytes);
    try {
        return parse_catalogue(text, boot_limit);
    } catch (const std::exception& error) {
        throw std::runtime_error(path + ": " + error.what());
    }
}

bool chooses_own_port(const CatalogueEntry& entry) {
    for (const std::string& word : entry.engine.argv) {
        if (word.find("{port}") != word.npos) return false;
    }
    for (const auto& [name, value] : entry.engine.environment) {
        if (value.find("{port}") != value.npos) return false;
    }
    return true;
}

EngineCommand fill_in(const CatalogueEntry& entry, const std::string& engine_directory,
                      std::uint16_t port) {
    const std::map<std::string, std::string> directories = {{"{engine_dir}", engine_directory}};
    const std::map<std::string, std::string> values = {
        {"{port}", std::to_string(port)},
        {"{model}", entry.name.text()},
        {"{model_file}", replace_all(entry.model_file, directories)},
        {"{engine_dir}", engine_directory}};
    EngineCommand command = entry.engine;
    for (std::string& word : command.argv) word = replace_all(word, values);
    for (auto& [name, value] : command.environment) value = replace_all(value, values);
    command.directory = replace_all(command.directory, values);
    return command;
}

}  // namespace origin
