#include "cli/settings.h"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

extern char** environ;

namespace cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// One row of the table. `set` reads a JSON value, or a text from the environment or --set, and
/// returns what is wrong with it, empty when nothing is.
struct Key {
    std::string path;
    std::string help;
    std::function<std::string(Settings&, const json&)> set;
    std::function<ordered_json(const Settings&)> get;  // absent: a secret
};

using Check = std::function<std::string(const std::string&)>;

template <class Access>
Key text_key(std::string path, std::string help, Access access, Check check = nullptr) {
    auto set = [access, check](Settings& settings, const json& value) -> std::string {
        if (!value.is_string()) return "must be a text";
        const auto& text = value.get_ref<const std::string&>();
        if (text.find('\0') != std::string::npos) return "must not hold a zero byte";
        if (check) {
            if (std::string wrong = check(text); !wrong.empty()) return wrong;
        }
        access(settings) = text;
        return {};
    };
    auto get = [access](const Settings& settings) {
        Settings copy = settings;
        return ordered_json(access(copy));
    };
    return {std::move(path), std::move(help), set, get};
}

std::optional<std::int64_t> as_integer(const json& value) {
    if (value.is_number_integer()) {
        if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
            return std::nullopt;
        return value.get<std::int64_t>();
    }
    if (!value.is_string()) return std::nullopt;
    const auto& text = value.get_ref<const std::string&>();
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

struct Range {
    std::int64_t least;
    std::int64_t most;
};

template <class Access>
Key integer_key(std::string path, std::string help, Access access, Range range) {
    const std::string wanted = "must be a whole number from " + std::to_string(range.least) +
                               " to " + std::to_string(range.most);
    auto set = [access, range, wanted](Settings& settings, const json& value) -> std::string {
        const auto number = as_integer(value);
        if (!number || *number < range.least || *number > range.most) return wanted;
        access(settings) = *number;
        return {};
    };
    auto get = [access](const Settings& settings) {
        Settings copy = settings;
        return ordered_json(access(copy));
    };
    return {std::move(path), std::move(help), set, get};
}

/// A two-value enumeration, in the order of its words.
template <class Access>
Key choice_key(std::string path, std::string help, Access access, std::vector<std::string> words) {
    auto set = [access, words](Settings& settings, const json& value) -> std::string {
        using Choice = std::remove_reference_t<decltype(access(settings))>;
        for (std::size_t i = 0; i < words.size(); ++i) {
            if (value != words[i]) continue;
            access(settings) = static_cast<Choice>(i);
            return {};
        }
        return "must be " + words[0] + " or " + words[1];
    };
    auto get = [access, words](const Settings& settings) {
        Settings copy = settings;
        return ordered_json(words.at(static_cast<std::size_t>(access(copy))));
    };
    return {std::move(path), std::move(help), set, get};
}

std::vector<std::string> split_at_commas(const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');)
        if (!part.empty()) parts.push_back(part);
    return parts;
}

template <class Access>
Key list_key(std::string path, std::string help, Access access, Check check = nullptr) {
    auto set = [access, check](Settings& settings, const json& value) -> std::string {
        std::vector<std::string> parts;
        if (value.is_string()) {
            parts = split_at_commas(value.get<std::string>());
        } else {
            if (!value.is_array()) return "must be a list of texts";
            for (const json& part : value) {
                if (!part.is_string()) return "must be a list of texts";
                parts.push_back(part.get<std::string>());
            }
        }
        for (const std::string& part : parts) {
            if (!check) break;
            if (std::string wrong = check(part); !wrong.empty()) return wrong;
        }
        access(settings) = parts;
        return {};
    };
    auto get = [access](const Settings& settings) {
        Settings copy = settings;
        return ordered_json(access(copy));
    };
    return {std::move(path), std::move(help), set, get};
}

Key secret(Key key) {
    key.get = nullptr;
    return key;
}

std::string check_address(const std::string& text) {
    const char* wanted = "must be HOST:PORT, such as 127.0.0.1:8080";
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) return wanted;
    const auto port = as_integer(text.substr(colon + 1));
    return port && *port >= 0 && *port <= 65535 ? "" : wanted;
}

std::string check_upstream(const std::string& text) {
    const std::size_t scheme = text.starts_with("https://")  ? 8
                               : text.starts_with("http://") ? 7
                                                             : 0;
    if (scheme == 0 || scheme == text.size())
        return "must begin with http:// or https:// and name a host";
    if (text.find_first_of("?# @\t\r\n", scheme) != std::string::npos)
        return "must be scheme, host, port and path alone (a credential goes into upstream.key)";
    return {};
}

std::string check_field_value(const std::string& text) {
    for (const char c : text)
        if (c <= ' ' || c == 0x7f) return "must not hold spaces or control characters";
    return {};
}

std::string check_database(const std::string& text) {
    return text == "embedded" || text.starts_with("postgres://") ||
                   text.starts_with("postgresql://")
               ? ""
               : "must be \"embedded\" or a postgresql:// URI";
}

std::string check_path(const std::string& text) {
    return text.empty() ? "must name a file or folder" : "";
}

std::string check_forward_path(const std::string& text) {
    return text.starts_with('/') && text.find_first_of("?# ") == std::string::npos
               ? ""
               : "must be paths that begin with /";
}

std::string check_level(const std::string& text) {
    return text == "debug" || text == "info" || text == "warning" || text == "error"
               ? ""
               : "must be debug, info, warning or error";
}

std::string check_country(const std::string& text) {
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    return text.empty() || (text.size() == 2 && is_upper(text[0]) && is_upper(text[1]))
               ? ""
               : "must be an ISO 3166 code of two capitals, such as DE";
}

std::string check_series(const std::string& text) {
    const auto is_plain = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
    return !text.empty() && text.size() <= 16 && std::all_of(text.begin(), text.end(), is_plain)
               ? ""
               : "must be 1 to 16 letters, digits, - or _";
}

#define FIELD(name)             \
    [](Settings & s) -> auto& { \
        return s.name;          \
    }

const std::vector<Key>& table() {
    static const std::vector<Key> keys = {
        text_key("gateway.listen", "where clients connect; port 0 takes a free one",
                 FIELD(gateway.listen), check_address),
        choice_key("gateway.keys",
                   "passthrough: clients hold the upstream's keys; managed: clients hold ours",
                   FIELD(gateway.keys), {"passthrough", "managed"}),
        integer_key("gateway.threads", "event loops", FIELD(gateway.threads), {1, 64}),
        integer_key("gateway.max_body_bytes", "largest request body", FIELD(gateway.max_body_bytes),
                    {1024, 1ll << 40}),
        choice_key("gateway.isolation",
                   "managed keys: refuse or share the instances of other accounts",
                   FIELD(gateway.isolation), {"refuse", "share"}),
        list_key("gateway.forward_paths", "managed keys: further paths that may pass, unmetered",
                 FIELD(gateway.forward_paths), check_forward_path),
        integer_key("gateway.stop_seconds", "how long a stop waits for calls in flight",
                    FIELD(gateway.stop_seconds), {0, 3600}),
        text_key("upstream.url", "the inference API behind the gateway", FIELD(upstream.url),
                 check_upstream),
        secret(text_key("upstream.key", "managed keys: the credential that the gateway puts in",
                        FIELD(upstream.key), check_field_value)),
        text_key("upstream.ca_file", "PEM certificates to trust instead of the system's",
                 FIELD(upstream.ca_file)),
        integer_key("upstream.connect_timeout_seconds", "", FIELD(upstream.connect_timeout_seconds),
                    {1, 600}),
        integer_key("upstream.idle_timeout_seconds", "an unused connection is closed after it",
                    FIELD(upstream.idle_timeout_seconds), {1, 3600}),
        integer_key("upstream.answer_timeout_seconds",
                    "longest silence of the upstream within one call",
                    FIELD(upstream.answer_timeout_seconds), {1, 86400}),
        integer_key("upstream.watch_interval_seconds", "how often a booting instance is looked at",
                    FIELD(upstream.watch_interval_seconds), {1, 3600}),
        text_key("console.listen", "health and metrics", FIELD(console.listen), check_address),
        secret(text_key("database.url", "\"embedded\", or a postgresql:// URI", FIELD(database.url),
                        check_database)),
        text_key("database.postgres_dir", "embedded: the folder that holds VERSION/bin",
                 FIELD(database.postgres_dir), check_path),
        text_key("data_dir", "journal, keys and the embedded database", FIELD(data_dir),
                 check_path),
        integer_key("journal.max_backlog_bytes",
                    "facts that wait for the database; beyond it all but deletes get 503",
                    FIELD(journal.max_backlog_bytes), {1 << 20, 1ll << 50}),
        text_key("meter.plan", "the plan that prices accounts without one of their own",
                 FIELD(meter.plan), check_path),
        text_key("issuer.name", "who issues the invoices", FIELD(issuer.name)),
        text_key("issuer.address", "", FIELD(issuer.address)),
        text_key("issuer.country", "", FIELD(issuer.country), check_country),
        text_key("issuer.vat_id", "", FIELD(issuer.vat_id)),
        text_key("issuer.invoice_series", "the first part of every invoice number",
                 FIELD(issuer.invoice_series), check_series),
        text_key("reports.templates", "a folder of templates instead of the built-in ones",
                 FIELD(reports.templates)),
        text_key("origin.listen", "where the self-hosted model host listens", FIELD(origin.listen),
                 check_address),
        secret(list_key("origin.keys", "keys that may call the origin; \"any\" lets every key in",
                        FIELD(origin.keys), check_field_value)),
        text_key("origin.models", "the catalogue of models", FIELD(origin.models), check_path),
        text_key("origin.engine_dir", "where the bundled engine is installed",
                 FIELD(origin.engine_dir), check_path),
        integer_key("origin.boot_timeout_seconds", "", FIELD(origin.boot_timeout_seconds),
                    {1, 86400}),
        integer_key("origin.spin_down_seconds",
                    "time between an instance's expiry and its shutdown",
                    FIELD(origin.spin_down_seconds), {0, 120}),
        integer_key("origin.queue_per_replica", "how many runs wait for each replica, then 429",
                    FIELD(origin.queue_per_replica), {0, 100'000}),
        integer_key("origin.queue_seconds", "how long a run waits for a replica, then 429",
                    FIELD(origin.queue_seconds), {0, 3600}),
        text_key("log.level", "debug, info, warning or error", FIELD(log.level), check_level),
    };
    return keys;
}

#undef FIELD

const Key* find_key(const std::string& path) {
    for (const Key& key : table())
        if (key.path == path) return &key;
    return nullptr;
}

void apply(Settings& settings, const std::string& path, const json& value, const char* from) {
    const Key* key = find_key(path);
    if (key == nullptr) throw BadSetting(path + ": no such setting (" + from + ")");
    const std::string wrong = key->set(settings, value);
    if (!wrong.empty()) throw BadSetting(path + ": " + wrong + " (" + from + ")");
}

void apply_object(Settings& settings, const std::string& prefix, const json& object,
                  const char* file) {
    for (const auto& [name, value] : object.items()) {
        const std::string path = prefix.empty() ? name : prefix + "." + name;
        if (value.is_object() && find_key(path) == nullptr)
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
    for (const Key& key : table()) {
        const std::size_t dot = key.path.find('.');
        if (dot != std::string::npos &&
            variable.starts_with(variable_of(key.path.substr(0, dot + 1))))
            return true;
    }
    return false;
}

void apply_environment(Settings& settings, const Environment& environment) {
    for (const auto& [variable, value] : environment) {
        const auto key = std::find_if(table().begin(), table().end(), [&](const Key& candidate) {
            return variable_of(candidate.path) == variable;
        });
        if (key != table().end())
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
    if (settings.gateway.keys == KeyMode::managed && settings.upstream.key.empty())
        throw BadSetting("upstream.key: needed where gateway.keys is managed");
}

std::string describe(const Settings& settings) {
    std::ostringstream out;
    out << "{\n";
    for (std::size_t i = 0; i < table().size(); ++i) {
        const Key& key = table()[i];
        const bool last = i + 1 == table().size();
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
