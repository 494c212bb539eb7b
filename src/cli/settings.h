// The configuration: one JSON file (comments allowed), every key overridable by environment and by
// --set. Owns the defaults, the order of precedence (default < file < environment < --set), and
// that a wrong key never starts anything.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/command.h"
#include "invoicing/number.h"
#include "reports/pdf_fonts.h"

namespace cli {

enum class KeyMode { passthrough, managed };
enum class Isolation { refuse, share };

/// Every setting with its default. What each means and may hold: the table in setting_keys.cpp,
/// printed by `tollgate config`.
struct Settings {
    struct Gateway {
        std::string listen = "127.0.0.1:8080";
        KeyMode keys = KeyMode::passthrough;
        std::int64_t threads = 1;
        std::int64_t max_body_bytes = 256 << 20;
        Isolation isolation = Isolation::refuse;
        std::vector<std::string> forward_paths;
        std::int64_t stop_seconds = 30;
        struct Tls {
            std::vector<std::string> certificate;
            std::vector<std::string> key;
        } tls;
        std::int64_t max_head_bytes = 64 << 10;
        std::int64_t max_header_fields = 128;
        std::int64_t max_connections = 16384;
        std::int64_t max_connections_per_address = 4096;
        std::int64_t max_in_flight = 8192;
        std::int64_t head_timeout_seconds = 30;
        std::int64_t body_timeout_seconds = 60;
        std::int64_t send_timeout_seconds = 60;
        std::int64_t keep_alive_seconds = 75;
        std::int64_t min_bytes_per_second = 240;
    } gateway;
    struct Upstream {
        std::string url = "https://api.bytez.com";
        std::string key;
        std::string ca_file;
        std::string client_certificate;
        std::string client_key;
        std::int64_t connect_timeout_seconds = 10;
        std::int64_t idle_timeout_seconds = 60;
        std::int64_t answer_timeout_seconds = 900;
        std::int64_t watch_interval_seconds = 5;
    } upstream;
    struct Console {
        std::string listen = "127.0.0.1:8081";
    } console;
    struct Database {
        std::string url = "embedded";
        std::string postgres_dir = "/usr/lib/postgresql";
    } database;
    std::string data_dir = "var";  // as root: /var/lib/tollgate
    struct Journal {
        std::int64_t max_backlog_bytes = 4ll << 30;
    } journal;
    struct Meter {
        std::string plan = "config/plans/bytez-2024-06.json";
    } meter;
    struct Issuer {
        std::string name = "Tollgate";
        std::string address;
        std::vector<std::string> street;
        std::string city;
        std::string postal_code;
        std::string country;
        std::string vat_id;
        std::string registration_id;
        std::string electronic_address;
        std::string electronic_scheme;
        std::string email;
        std::string iban;
        std::string bic;
        std::int64_t payment_days = 0;
        std::string invoice_series = "TG";
        std::string invoice_number = std::string(invoicing::default_number_format);
    } issuer;
    struct Reports {
        std::string templates;
        std::string fonts = reports::default_font_families;
        std::string directory;
        std::vector<std::string> formats = {"pdf", "csv"};
    } reports;
    struct Origin {
        std::string listen = "127.0.0.1:8082";
        std::vector<std::string> keys;
        std::string models = "config/models.json";
        std::string engine_dir = "build/engine";
        std::int64_t boot_timeout_seconds = 900;
        std::int64_t spin_down_seconds = 0;
        std::int64_t queue_per_replica = 8;
        std::int64_t queue_seconds = 30;
    } origin;
    struct Log {
        std::string level = "info";
    } log;
};

/// A key that is not one, a value that cannot be: exit status 2. The message begins with the key's
/// path or the file's name, and never holds a secret's value.
class BadSetting : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

using Environment = std::map<std::string, std::string>;
/// This process's variables that begin with TOLLGATE_.
Environment process_environment();

/// Throws BadSetting. Without --config only defaults, environment and --set count.
Settings load_settings(const ConfigArguments& arguments,
                       const Environment& environment = process_environment());

/// What `serve` needs beyond single values: throws BadSetting where settings do not go together.
void check_for_serving(const Settings& settings);

/// Every key with its value in force and what it is for: JSON with comments, itself a valid
/// configuration file; secrets are left out.
std::string describe(const Settings& settings);

void add_config(CLI::App& app, Exit& exit);

}  // namespace cli
