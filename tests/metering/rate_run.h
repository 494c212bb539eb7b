// Runs the built `tollgate rate` on a text and keeps what it said.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "support/temporary_directory.h"

namespace metering {

struct RateRun {
    int status = -1;
    std::string output;
    std::string errors;
};

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

inline void write_file(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string plan_path(const std::string& name) {
    return TEST_DATA "/plans/" + name + ".json";
}

/// `options` are words for a shell, without quotes of their own.
inline RateRun run_rate(const std::string& options, const std::string& input) {
    const support::TemporaryDirectory directory;
    const std::string base = directory.path();
    write_file(base + "/in", input);
    const std::string command = "timeout 60 " TOLLGATE_BINARY " rate " + options + " <" + base +
                                "/in >" + base + "/out 2>" + base + "/err";
    const int result = std::system(command.c_str());
    return {WIFEXITED(result) ? WEXITSTATUS(result) : -1, read_file(base + "/out"),
            read_file(base + "/err")};
}

}  // namespace metering
