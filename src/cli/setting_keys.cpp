#include "cli/setting_keys.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <sstream>

#include "invoicing/number.h"
#include "invoicing/party.h"

namespace cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// Two settings are the same when they are shown the same.
SettingKey make_key(std::string path, std::string help,
                    std::function<std::string(Settings&, const json&)> set,
                    std::function<ordered_json(const Settings&)> get) {
    auto same = [get](const Settings& a, const Settings& b) { return get(a) == get(b); };
    return {std::move(path), std::move(help), std::move(set), get, same, false};
}

SettingKey reloadable(SettingKey key) {
    key.reloads = true;
    return key;
}

using Check = std::function<std::string(const std::string&)>;

template <class Access>
SettingKey text_key(std::string path, std::string help, Access access, Check check = nullptr) {
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
    return make_key(std::move(path), std::move(help), set, get);
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
SettingKey integer_key(std::string path, std::string help, Access access, Range range) {
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
    return make_key(std::move(path), std::move(help), set, get);
}

/// A two-value enumeration, in the order of its words.
template <class Access>
SettingKey choice_key(std::string path, std::string help, Access access,
                      std::vector<std::string> words) {
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
    return make_key(std::move(path), std::move(help), set, get);
}

std::vector<std::string> split_at_commas(const std::string& text) {
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, ',');)
        if (!part.empty()) parts.push_back(part);
    return parts;
}

template <class Access>
SettingKey list_key(std::string path, std::string help, Access access, Check check = nullptr) {
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
    return make_key(std::move(path), std::move(help), set, get);
}

SettingKey secret(SettingKey key) {
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

std::string check_report_format(const std::string& text) {
    const bool is_one = text == "pdf" || text == "html" || text == "csv" || text == "json";
    return is_one ? "" : "must be pdf, html, csv or json";
}

std::string check_series(const std::string& text) {
    return invoicing::is_series(text)
               ? ""
               : "must be 1 to 16 capitals, digits and hyphens, none of these at an end";
}

/// From a rule that takes a view.
Check by(std::string (*find_fault)(std::string_view)) {
    return [find_fault](const std::string& text) { return find_fault(text); };
}

#define FIELD(name)             \
    [](Settings & s) -> auto& { \
        return s.name;          \
    }

}  // namespace

const std::vector<SettingKey>& setting_keys() {
    static const std::vector<SettingKey> keys = {
        text_key("gateway.listen", "where clients connect; port 0 takes a free one",
                 FIELD(gateway.listen), check_address),
        choice_key("gateway.keys",
                   "passthrough: clients hold the upstream's keys; managed: clients hold ours",
                   FIELD(gateway.keys), {"passthrough", "managed"}),
        integer_key("gateway.threads", "event loops", FIELD(gateway.threads), {1, 64}),
        reloadable(integer_key("gateway.max_body_bytes", "largest request body",
                               FIELD(gateway.max_body_bytes), {1024, 1ll << 40})),
        choice_key("gateway.isolation",
                   "managed keys: refuse or share the instances of other accounts",
                   FIELD(gateway.isolation), {"refuse", "share"}),
        list_key("gateway.forward_paths", "managed keys: further paths that may pass, unmetered",
                 FIELD(gateway.forward_paths), check_forward_path),
        reloadable(integer_key("gateway.max_head_bytes", "largest head of a request, then 431",
                               FIELD(gateway.max_head_bytes), {1024, 1 << 20})),
        reloadable(integer_key("gateway.max_header_fields", "most fields of a head, then 431",
                               FIELD(gateway.max_header_fields), {16, 10'000})),
        reloadable(integer_key(
            "gateway.max_connections",
            "clients' connections in all; beyond it new ones wait in the kernel's queue",
            FIELD(gateway.max_connections), {1, 1'000'000})),
        reloadable(integer_key(
            "gateway.max_connections_per_address",
            "of one IPv4 address or IPv6 /64, then 429; 0: no limit (behind a balancer)",
            FIELD(gateway.max_connections_per_address), {0, 1'000'000})),
        reloadable(integer_key("gateway.max_in_flight",
                               "requests served at once; beyond it all but deletes get 503",
                               FIELD(gateway.max_in_flight), {1, 1'000'000})),
        integer_key("gateway.head_timeout_seconds", "for a request's head, whole, then 408",
                    FIELD(gateway.head_timeout_seconds), {1, 3600}),
        integer_key("gateway.body_timeout_seconds",
                    "in each such time a request's body must move on by min_bytes_per_second",
                    FIELD(gateway.body_timeout_seconds), {1, 3600}),
        integer_key("gateway.send_timeout_seconds",
                    "in each such time a waiting answer must be taken by min_bytes_per_second",
                    FIELD(gateway.send_timeout_seconds), {1, 3600}),
        integer_key("gateway.keep_alive_seconds", "an idle client's connection is closed after it",
                    FIELD(gateway.keep_alive_seconds), {1, 3600}),
        reloadable(integer_key(
            "gateway.min_bytes_per_second",
            "least pace of bodies and answers, on average over their time-out; 0: a byte",
            FIELD(gateway.min_bytes_per_second), {0, 1'000'000})),
        reloadable(integer_key("gateway.stop_seconds", "how long a stop waits for calls in flight",
                               FIELD(gateway.stop_seconds), {0, 3600})),
        list_key("gateway.tls.certificate",
                 "PEM files with their chains: clients speak HTTPS; of several by name (SNI)",
                 FIELD(gateway.tls.certificate), check_path),
        list_key("gateway.tls.key", "the private keys of these, in the same order",
                 FIELD(gateway.tls.key), check_path),
        text_key("upstream.url", "the inference API behind the gateway", FIELD(upstream.url),
                 check_upstream),
        secret(text_key("upstream.key", "managed keys: the credential that the gateway puts in",
                        FIELD(upstream.key), check_field_value)),
        text_key("upstream.ca_file", "PEM certificates to trust instead of the system's",
                 FIELD(upstream.ca_file)),
        text_key("upstream.client_certificate", "PEM file, for an upstream that asks for one",
                 FIELD(upstream.client_certificate)),
        text_key("upstream.client_key", "its private key", FIELD(upstream.client_key)),
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
        text_key("issuer.address", "free lines, where street and city are not set",
                 FIELD(issuer.address)),
        list_key("issuer.street", "lines", FIELD(issuer.street)),
        text_key("issuer.city", "", FIELD(issuer.city)),
        text_key("issuer.postal_code", "", FIELD(issuer.postal_code)),
        text_key("issuer.country", "ISO 3166, two capitals", FIELD(issuer.country),
                 by(invoicing::find_country_fault)),
        text_key("issuer.vat_id", "needed for invoices with tax or under reverse charge",
                 FIELD(issuer.vat_id)),
        text_key("issuer.registration_id", "in a register of companies",
                 FIELD(issuer.registration_id)),
        text_key("issuer.electronic_address", "of electronic invoices",
                 FIELD(issuer.electronic_address)),
        text_key("issuer.electronic_scheme", "of that address: four digits of the EAS list",
                 FIELD(issuer.electronic_scheme), by(invoicing::find_scheme_fault)),
        text_key("issuer.email", "whom to ask about an invoice", FIELD(issuer.email),
                 by(invoicing::find_email_fault)),
        text_key("issuer.iban", "where to pay", FIELD(issuer.iban), by(invoicing::find_iban_fault)),
        text_key("issuer.bic", "", FIELD(issuer.bic), by(invoicing::find_bic_fault)),
        integer_key("issuer.payment_days",
                    "from the day of issue until payment is due; 0: not stated",
                    FIELD(issuer.payment_days), {0, 366}),
        text_key("issuer.invoice_series", "{series} of every invoice number",
                 FIELD(issuer.invoice_series), check_series),
        text_key("issuer.invoice_number", "how a number is written: {series}, {year}, {counter:N}",
                 FIELD(issuer.invoice_number), by(invoicing::find_number_format_fault)),
        text_key("reports.templates", "a folder of templates instead of the built-in ones",
                 FIELD(reports.templates)),
        text_key("reports.fonts", "families for PDFs, by commas, the first that has a script",
                 FIELD(reports.fonts)),
        text_key("reports.directory",
                 "where `serve` writes each account's usage of a month that has ended; empty: none",
                 FIELD(reports.directory)),
        list_key("reports.formats", "of these reports: pdf, html, csv, json",
                 FIELD(reports.formats), check_report_format),
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
        reloadable(
            text_key("log.level", "debug, info, warning or error", FIELD(log.level), check_level)),
    };
    return keys;
}

#undef FIELD

const SettingKey* find_setting(const std::string& path) {
    for (const SettingKey& key : setting_keys())
        if (key.path == path) return &key;
    return nullptr;
}

}  // namespace cli
