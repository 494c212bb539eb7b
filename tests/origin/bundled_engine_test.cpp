// The whole origin with its own engine, which `./dev build` installs into build/engine: real
// inference, from the job to the delete.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "http_client.h"
#include "origin/server.h"
#include "platform/clock.h"
#include "support.h"

namespace origin {
namespace {

using nlohmann::json;
using testing_support::eventually;
using testing_support::Folder;
using testing_support::HttpClient;

constexpr std::chrono::seconds kBootBound(60);
const json kModel = {{"model", "tollgate/tiny-random-llama"}};

json with(json body, const json& more) {
    body.update(more);
    return body;
}

TEST(BundledEngine, GoesTheWholeRoad) {
    ASSERT_TRUE(std::filesystem::exists(ENGINE_DIR "/.installed"))
        << "run: bash src/origin/engine/setup.sh " ENGINE_DIR;
    const Folder folder;
    const platform::SystemClock clock;
    Options options;
    options.listen = "127.0.0.1:0";
    options.models = TOLLGATE_SOURCE "/config/models.json";
    options.data_dir = folder.path();
    options.engine_dir = ENGINE_DIR;
    const Server server(clock, options);
    HttpClient client(server.url());
    const auto post = [&](const std::string& call, const json& body) {
        return client.send("/model/" + call, body.dump());
    };

    ASSERT_EQ(post("job", kModel).status, 200);
    ASSERT_TRUE(eventually(
        [&] { return post("job", kModel).json()["message"] == "Model available"; }, kBootBound))
        << post("job", kModel).body;
    const json listed = json::parse(client.send("/model/list").body)[0];
    EXPECT_EQ(listed["benchmarked"], true);
    EXPECT_GT(listed["requiredRAM"], 0.02);
    EXPECT_LT(listed["requiredRAM"], 1.0);

    ASSERT_EQ(post("load", with(kModel, {{"concurrency", 1}})).status, 200);
    ASSERT_TRUE(eventually([&] { return post("status", kModel).json()["status"] == "RUNNING"; },
                           kBootBound))
        << post("status", kModel).body;

    const json run = with(kModel, {{"prompt", "Once upon a time"},
                                   {"params", {{"min_length", 30}, {"max_length", 64}}}});
    const std::string whole = post("run", run).json()["output"][0]["generated_text"];
    EXPECT_THAT(whole, testing::StartsWith("Once upon a time"));
    EXPECT_GE(whole.size(), 16U + 30U);
    EXPECT_EQ(post("run", with(run, {{"stream", true}})).body, whole) << "greedy: the same text";
    const json sampled = {{"temperature", 1.5}, {"seed", 7}, {"max_length", 64}};
    EXPECT_NE(post("run", with(run, {{"params", sampled}})).json()["output"][0]["generated_text"],
              whole);
    const json message = {{"role", "user"}, {"content", "Hello"}};
    const json chat = post("run", with(kModel, {{"messages", {message}}})).json();
    EXPECT_EQ(chat["output"][0]["generated_text"][1]["role"], "assistant");
    EXPECT_EQ(post("run", with(run, {{"prompt", std::string(10'000, 'x')}})).status, 400)
        << "longer than the context";
    EXPECT_EQ(post("status", kModel).json()["inferences"], 5);

    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(post("delete", kModel).status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
    EXPECT_EQ(post("status", kModel).json()["status"], "STOPPED");
}

}  // namespace
}  // namespace origin
