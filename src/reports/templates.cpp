#include "reports/templates.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace reports {
namespace {

constexpr std::uintmax_t largest_template = 1 << 20;

std::string read_file(const std::filesystem::path& path) {
    if (std::filesystem::file_size(path) > largest_template) {
        throw std::runtime_error(path.string() + ": over 1 MiB");
    }
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    if (!file || !content) throw std::runtime_error(path.string() + ": cannot be read");
    return std::move(content).str();
}

}  // namespace

std::string get_template(const std::string& folder, std::string_view name) {
    if (!folder.empty()) {
        if (!std::filesystem::is_directory(folder)) {
            throw std::runtime_error("reports.templates: " + folder + " is not a folder");
        }
        const std::filesystem::path path = std::filesystem::path(folder) / name;
        if (std::filesystem::exists(path)) return read_file(path);
    }
    const auto found = embedded_templates().find(name);
    if (found == embedded_templates().end()) {
        throw std::runtime_error("no template " + std::string(name));
    }
    return found->second;
}

}  // namespace reports
