#include "cli/settings.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/setting_keys.h"

extern char** environ;

namespace cli {
namespace {

using nlohmann::json;

void apply(Settings& settings, const std::string& path, const json& value, const char* from) {
    const SettingKey* key = find_setting(path);
    if (key == nullptr) throw BadSetting(path + ": no such setting (" + from + ")");
    const std::string wrong = key->set(settings, value);
    if (!wrong.empty()) throw BadSetting(path + ": " + wrong + " (" + from + ")");
}

void apply_object(Settings& settings, const std::string& prefix, const json& object,
                  const char* file) {
    for (const auto& [name, value] : object.items()) {
        const std::string path = prefix.empty() ? name : prefix + "." + name;
        if (value.is_object() && find_setting(path) == nullptr)
            apply_object(settings, path, value, file);
        else
            apply(settings, path, value, file);
    }
}

/// nlohmann keeps the last of two equal keys; a configuration with two is a mistake.
json parse_without_duplicates(std::istream& stream) {
    std::vector<std::vector<std::string>> seen;
    const auto look = [&seen](int, json::parse_event_t event, json& parsed) {
        if (event == json::parse_event_t::object_start) seen.emplace_back();
        if (event == json::parse_event_t::object_end) seen.pop_back();
        if (event == json::parse_event_t::key) {
            const auto name = parsed.get<std::string>();
            if (std::find(seen.back().begin(), seen.back().end(), name) != seen.back().end())
                throw BadSetting(name + ": given twice");
            seen.back().push_back(name);
        }
        return true;
    };
    return json::parse(stream, look, true, true);
}

void apply_file(Settings& settings, const std::string& path) {
    std::ifstream stream(path);
    if (!stream) throw BadSetting(path + ": cannot be read");
    json document;
    try {
        document = parse_without_duplicates(stream);
    } catch (const json::parse_error& error) {
        // What nlohmann quotes of the file may be a secret; the place is enough.
        throw BadSetting(path + ": not JSON, at byte " + std::to_string(error.byte));
    } catch (const BadSetting& error) {
        throw BadSetting(path + ": " + error.what());
    }
    if (!document.is_object()) throw BadSetting(path + ": must hold one JSON object");
    apply_object(settings, "", document, path.c_str());
}

std::string variable_of(const std::string& path) {
    std::string name = "TOLLGATE_";
    for (const char c : path)
        name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

/// A variable that looks like a key of a section but is none is a typing error, not noise.
bool looks_like_a_setting(const std::string& variable) {
    for (const SettingKey& key : setting_keys()) {
        const std::size_t dot = key.path.find('.');
        if (dot != std::string::npos &&
            variable.starts_with(variable_of(key.path.substr(0, dot + 1))))
            return true;
    }
    return false;
}

void apply_environment(Settings& settings, const Environment& environment) {
    for (const auto& [variable, value] : environment) {
        const auto key = std::find_if(
            setting_keys().begin(), setting_keys().end(),
            [&](const SettingKey& candidate) { return variable_of(candidate.path) == variable; });
        if (key != setting_keys().end())
            apply(settings, key->path, value, variable.c_str());
        else if (looks_like_a_setting(variable))
            throw BadSetting(variable + ": no such setting");
    }
}

/// What follows a path may be a secret that a typing error joined to it: it is not repeated.
std::string path_at_front(const std::string& text) {
    const auto is_of_path = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.'; };
    return {text.begin(), std::find_if_not(text.begin(), text.end(), is_of_path)};
}

}  // namespace

Environment process_environment() {
    Environment variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos && text.starts_with("TOLLGATE_"))
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

Settings load_settings(const ConfigArguments& arguments, const Environment& environment) {
    Settings settings;
    if (::geteuid() == 0) settings.data_dir = "/var/lib/tollgate";
    if (!arguments.file.empty()) apply_file(settings, arguments.file);
    apply_environment(settings, environment);
    for (const std::string& override_text : arguments.overrides) {
        const std::size_t equals = override_text.find('=');
        const std::string path = path_at_front(override_text);
        if (equals != path.size()) throw BadSetting(path + ": --set takes key.path=value");
        apply(settings, path, override_text.substr(equals + 1), "--set");
    }
    return settings;
}

void check_for_serving(const Settings& settings) {
    if (settings.gateway.tls.certificate.size() != settings.gateway.tls.key.size())
        throw BadSetting("gateway.tls: needs a key for each certificate");
    if (settings.upstream.client_certificate.empty() != settings.upstream.client_key.empty())
        throw BadSetting(
            "upstream.client_certificate and upstream.client_key: one needs the other");
    if (settings.issuer.electronic_address.empty() != settings.issuer.electronic_scheme.empty())
        throw BadSetting(
            "issuer.electronic_address and issuer.electronic_scheme: one needs the other");
    if (settings.gateway.keys == KeyMode::managed && settings.upstream.key.empty())
        throw BadSetting("upstream.key: needed where gateway.keys is managed");
}

std::string describe(const Settings& settings) {
    std::ostringstream out;
    out << "{\n";
    for (std::size_t i = 0; i < setting_keys().size(); ++i) {
        const SettingKey& key = setting_keys()[i];
        const bool last = i + 1 == setting_keys().size();
        if (!key.help.empty()) out << "    // " << key.help << "\n";
        if (key.get)
            out << "    \"" << key.path << "\": " << key.get(settings).dump() << (last ? "" : ",")
                << "\n";
        else
            out << "    // \"" << key.path << "\": (a secret)\n";
    }
    out << "}\n";
    return out.str();
}

}  // namespace cli
