// The table of settings: each key's path, what it is for, how its value is read and printed. Ours
// to settings.cpp.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/settings.h"

namespace cli {

/// One row. `set` reads a JSON value, or a text from the environment or --set, and returns what is
/// wrong with it, empty when nothing is.
struct SettingKey {
    std::string path;
    std::string help;
    std::function<std::string(Settings&, const nlohmann::json&)> set;
    std::function<nlohmann::ordered_json(const Settings&)> get;  // absent: a secret
    std::function<bool(const Settings&, const Settings&)> same;
    bool reloads = false;  // may change while `serve` runs; no secret does
};

const std::vector<SettingKey>& setting_keys();
/// Null: there is none of this path.
const SettingKey* find_setting(const std::string& path);

}  // namespace cli
