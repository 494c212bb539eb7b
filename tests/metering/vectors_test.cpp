// The published vectors, through the built binary, key by key, decimals as text.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "metering/rate_run.h"

namespace metering {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> parse_lines(const std::string& text) {
    std::vector<Json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
    return lines;
}

/// What a file of charges is named after: "named.per-second.charges.jsonl",
/// "random.bytez-2024-06.Asia_Kolkata.charges.jsonl".
struct Vector {
    std::string file;
    std::string sessions;
    std::string options;
};

std::vector<Vector> find_vectors() {
    std::vector<Vector> vectors;
    for (const auto& entry : std::filesystem::directory_iterator(TEST_DATA "/metering")) {
        const std::string file = entry.path().filename();
        if (file.find(".charges.jsonl") == std::string::npos) continue;
        std::istringstream name(file);
        std::string set, plan, zone;
        std::getline(name, set, '.');
        std::getline(name, plan, '.');
        std::getline(name, zone, '.');
        std::string options = "--plan " + plan_path(plan);
        if (zone != "charges") options += " --timezone " + zone.replace(zone.find('_'), 1, "/");
        if (set == "named") options += " --as-of 2026-10-05T10:10:30Z";
        if (set == "random") options += " --as-of 2026-11-20T00:00:00Z";
        vectors.push_back({file, set + ".sessions.jsonl", options});
    }
    return vectors;
}

TEST(RateVectors, AreMetExactly) {
    const auto vectors = find_vectors();
    EXPECT_GE(vectors.size(), 8u);
    for (const Vector& vector : vectors) {
        SCOPED_TRACE(vector.file);
        const auto run =
            run_rate(vector.options, read_file(TEST_DATA "/metering/" + vector.sessions));
        const auto got = parse_lines(run.output);
        const auto wanted = parse_lines(read_file(TEST_DATA "/metering/" + vector.file));
        ASSERT_EQ(got.size(), wanted.size());
        for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i].dump(), wanted[i].dump());
        EXPECT_EQ(run.status, vector.sessions.starts_with("bad.") ? 1 : 0) << run.errors;
    }
}

TEST(RateVectors, BadLinesAreNamed) {
    const auto run = run_rate("--plan " + plan_path("bytez-2024-06"),
                              read_file(TEST_DATA "/metering/bad.sessions.jsonl"));
    std::string named;
    std::istringstream errors(run.errors);
    for (std::string line; std::getline(errors, line);)
        named += line.substr(0, line.find(':')) + "\n";
    EXPECT_EQ(named, read_file(TEST_DATA "/metering/bad.lines.txt"));
    EXPECT_EQ(run.status, 1);
}

}  // namespace
}  // namespace metering
