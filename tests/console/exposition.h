// A strict reader of Prometheus' text format 0.0.4, with the naming rules that `promtool check
// metrics` has. Shares no code with the writer that it checks.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exposition {

struct Sample {
    std::string name;
    std::vector<std::pair<std::string, std::string>> labels;
    std::string value;
};

struct Family {
    std::string type;
    std::string help;
    std::vector<Sample> samples;
};

struct Malformed : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// By name. Throws Malformed with the line: anything that is not exactly the format, help or type
/// missing or late, a family in two pieces, a series twice, a counter without _total, a unit that
/// is no base unit, a histogram whose buckets fall or do not end in +Inf and _count.
std::map<std::string, Family> parse(std::string_view text);

}  // namespace exposition
