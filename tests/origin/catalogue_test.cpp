#include "origin/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace origin {
namespace {

constexpr auto kLimit = calendar::Duration::seconds(77);

std::string refusal(const std::string& json) try {
    (void)parse_catalogue(json, kLimit);
    return "";
} catch (const std::exception& error) {
    return error.what();
}

TEST(Catalogue, TheShippedFileIsReadAndNamesItsModelForWhatItIs) {
    const auto entries = load_catalogue(TOLLGATE_SOURCE "/config/models.json", kLimit);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].name.text(), "tollgate/tiny-random-llama");
    EXPECT_EQ(entries[0].required_ram, std::nullopt) << "measured, not claimed";
    EXPECT_EQ(entries[0].task, "text-generation");
}

TEST(Catalogue, FillsInWhatAReplicaNeeds) {
    const auto entries = parse_catalogue(
        R"({"models": [{"name": "a/b", "model_file": "{engine_dir}/m.gguf", "max_replicas": 3,
            "engine": {"command": ["run", "--port={port}", "{model_file}"], "directory": "{engine_dir}",
                       "environment": {"NAME": "{model}"}}}]})",
        kLimit);
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_FALSE(chooses_own_port(entries[0]));
    EXPECT_EQ(entries[0].boot_limit, kLimit);
    EXPECT_EQ(entries[0].max_replicas, 3);
    const EngineCommand command = fill_in(entries[0], "/opt/e", 4711);
    EXPECT_THAT(command.argv, testing::ElementsAre("run", "--port=4711", "/opt/e/m.gguf"));
    EXPECT_EQ(command.directory, "/opt/e");
    EXPECT_EQ(command.environment.at("NAME"), "a/b");
}

TEST(Catalogue, ACommandWithoutPortChoosesItsOwn) {
    const auto entries =
        parse_catalogue(R"({"models": [{"name": "a", "engine": {"command": ["x"]}}]})", kLimit);
    EXPECT_TRUE(chooses_own_port(entries.at(0)));
}

TEST(Catalogue, RefusesWhatItDoesNotUnderstandByItsPath) {
    using testing::HasSubstr;
    EXPECT_THAT(refusal("{"), HasSubstr("parse error"));
    EXPECT_THAT(refusal(R"({"models": [], "x": 1})"), HasSubstr("catalogue.x"));
    EXPECT_THAT(refusal(R"({"models": [{"name": "a"}]})"), HasSubstr("models[0].engine"));
    EXPECT_THAT(refusal(R"({"models": [{"name": "", "engine": {"command": ["x"]}}]})"),
                HasSubstr("models[0].name"));
    EXPECT_THAT(refusal(R"({"models": [{"name": "a", "engine": {"command": "x"}}]})"),
                HasSubstr("models[0].engine.command"));
    EXPECT_THAT(refusal(R"({"models": [{"name": "a", "gpus": 1, "engine": {"command": ["x"]}}]})"),
                HasSubstr("models[0].gpus"));
    const std::string twice = R"({"name": "a", "engine": {"command": ["x"]}})";
    EXPECT_THAT(refusal(R"({"models": [)" + twice + "," + twice + "]}"),
                HasSubstr("models[1].name"));
    for (const char* gb : {"0", "0.0", "-1", "1e3", ".5", "1.", "01", "1,5", ""}) {
        EXPECT_THAT(refusal(R"({"models": [{"name": "a", "required_ram": ")" + std::string(gb) +
                            R"(", "engine": {"command": ["x"]}}]})"),
                    HasSubstr("required_ram"))
            << gb;
    }
}

}  // namespace
}  // namespace origin
