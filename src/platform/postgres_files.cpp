#include "platform/postgres_files.h"

#include <charconv>
#include <filesystem>
#include <fstream>

#include "platform/embedded_postgres.h"

namespace platform {
namespace {

namespace fs = std::filesystem;

constexpr int oldest_major = 13;  // gen_random_uuid(), trusted extensions

std::optional<int> parse_number(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number <= 0) return std::nullopt;
    return end == text.data() ? std::nullopt : std::optional<int>(number);
}

bool holds_server(const fs::path& folder) {
    std::error_code ignored;
    return fs::exists(folder / "initdb", ignored) && fs::exists(folder / "pg_ctl", ignored) &&
           fs::exists(folder / "postgres", ignored);
}

std::map<int, std::string> list_installed(const std::vector<std::string>& installations) {
    std::map<int, std::string> found;
    for (const std::string& installation : installations) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(installation, error)) {
            const auto major = parse_number(entry.path().filename().string());
            const fs::path folder = entry.path() / "bin";
            if (major && holds_server(folder)) found.emplace(*major, folder.string());
        }
    }
    return found;
}

std::string join_versions(const std::map<int, std::string>& found) {
    std::string text;
    for (const auto& [major, folder] : found) {
        text += (text.empty() ? "" : ", ") + std::to_string(major);
    }
    return text;
}

// Every process of the server works in the cluster's folder; nothing else of ours does.
bool works_in(int process_id, const fs::path& cluster) {
    std::error_code error;
    const fs::path process = "/proc/" + std::to_string(process_id);
    const fs::path directory = fs::read_symlink(process / "cwd", error);
    if (error || directory != cluster) return false;
    const fs::path program = fs::read_symlink(process / "exe", error);
    return !error && program.string().find("postgres") != std::string::npos;
}

fs::path real_path(const std::string& path) {
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    return error ? fs::path(path) : real;
}

}  // namespace

std::string find_postgres_programs(const std::vector<std::string>& installations,
                                   std::optional<int> major, const std::string& cluster) {
    const auto found = list_installed(installations);
    const std::string folder = installations.empty() ? "/usr/lib/postgresql" : installations[0];
    if (found.empty()) {
        throw EmbeddedPostgresError("PostgreSQL's server is not installed (nothing under " +
                                    folder +
                                    "): install it with `apt install postgresql`, or set "
                                    "database.url to a server of yours");
    }
    if (!major) {
        if (found.rbegin()->first >= oldest_major) return found.rbegin()->second;
        throw EmbeddedPostgresError("PostgreSQL " + join_versions(found) +
                                    " is too old: install version " + std::to_string(oldest_major) +
                                    " or later, or set database.url to a server of yours");
    }
    if (const auto entry = found.find(*major); entry != found.end()) return entry->second;
    throw EmbeddedPostgresError(
        "the database in " + cluster + " was made by PostgreSQL " + std::to_string(*major) +
        ", but installed is " + join_versions(found) + ": install `postgresql-" +
        std::to_string(*major) + "`, or move the data over with pg_upgrade");
}

std::optional<int> read_cluster_version(const std::string& cluster) {
    std::ifstream file(fs::path(cluster) / "PG_VERSION");
    std::string line;
    if (!file || !std::getline(file, line)) return std::nullopt;
    return parse_number(line);
}

// Lines of the pid file: process, data directory, start, port, socket directory, listen address,
// shared memory, status.
std::optional<Postmaster> find_postmaster(const std::string& cluster) {
    std::ifstream file(fs::path(cluster) / "postmaster.pid");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    if (lines.empty()) return std::nullopt;
    const auto process_id = parse_number(lines[0]);
    if (!process_id || !works_in(*process_id, real_path(cluster))) return std::nullopt;
    Postmaster postmaster{.process_id = *process_id, .socket_directory = {}, .ready = false};
    if (lines.size() > 4) postmaster.socket_directory = lines[4];
    if (lines.size() > 7) postmaster.ready = lines[7].starts_with("ready");
    return postmaster;
}

std::vector<int> find_cluster_processes(const std::string& cluster) {
    const fs::path real = real_path(cluster);
    std::vector<int> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const auto process_id = parse_number(entry.path().filename().string());
        if (process_id && works_in(*process_id, real)) found.push_back(*process_id);
    }
    return found;
}

}  // namespace platform
