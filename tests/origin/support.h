// What the tests of running engines share: the stand-in engine, waits with a bound, a folder.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "origin/catalogue.h"

namespace origin::testing_support {

/// Looks every few milliseconds; false: it did not become true within the bound.
inline bool eventually(const std::function<bool()>& holds,
                       std::chrono::milliseconds bound = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + bound;
    while (!holds()) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

/// A folder of the test's own, removed at its end.
class Folder {
  public:
    Folder() {
        std::string pattern = std::filesystem::temp_directory_path() / "origin_test_XXXXXX";
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// The stand-in engine (stand_in_engine.py) with these arguments.
inline CatalogueEntry stand_in(const std::vector<std::string>& arguments = {},
                               std::int64_t max_replicas = 4) {
    CatalogueEntry entry;
    entry.name = lifecycle::ModelName("test/stand-in");
    entry.task = "text-generation";
    entry.engine.argv = {"python3", STAND_IN};
    entry.engine.argv.insert(entry.engine.argv.end(), arguments.begin(), arguments.end());
    entry.health_path = "/health";
    entry.max_replicas = max_replicas;
    entry.boot_limit = calendar::Duration::seconds(60);
    return entry;
}

}  // namespace origin::testing_support
