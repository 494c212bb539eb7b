// The seven calls over HTTP, as api-semantics.md settles them, against the stand-in engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "http_client.h"
#include "origin/server.h"
#include "platform/clock.h"
#include "support.h"

namespace origin {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing_support::eventually;
using testing_support::Folder;
using testing_support::HttpClient;
using testing_support::Reply;

class ServiceTest : public testing::Test {
  protected:
    ServiceTest() {
        const auto engine = [this](std::vector<std::string> arguments) {
            std::vector<std::string> command = {"python3", STAND_IN, "--aborted", aborted_};
            command.insert(command.end(), arguments.begin(), arguments.end());
            return json{{"command", command}};
        };
        const json models = {{{"name", "good"},
                              {"required_ram", "0.5"},
                              {"max_replicas", 2},
                              {"engine", engine({})}},
                             {{"name", "new"}, {"task", "chat"}, {"engine", engine({})}},
                             {{"name", "slow"},
                              {"required_ram", "1"},
                              {"engine", engine({"--boot-seconds", "60"})}}};
        options_.models = folder_.path() + "/models.json";
        std::ofstream(options_.models) << json{{"models", models}};
        options_.listen = "127.0.0.1:0";
        options_.data_dir = folder_.path() + "/data";
        options_.keys = {{"secret", "other"}};
        options_.max_body_bytes = 1 << 20;
        options_.fleet.kill_grace = calendar::Duration::milliseconds(200);
        options_.fleet.queue_limit = calendar::Duration::milliseconds(100);
        options_.fleet.queue_per_replica = 1;
        server_.emplace(clock_, options_);
        client_.emplace(server_->url());
    }

    Reply send(const std::string& call, const json& body = nullptr) {
        return client_->send("/model/" + call, body.is_null() ? "" : body.dump());
    }
    Reply run(const std::string& prompt, bool stream = false) {
        return send("run", {{"model", "good"}, {"prompt", prompt}, {"stream", stream}});
    }
    json status() { return send("status", {{"model", "good"}}).json(); }
    void load_good(int concurrency = 1, int expiration = 1800) {
        ASSERT_EQ(send("load", {{"model", "good"},
                                {"concurrency", concurrency},
                                {"expirationPeriodSeconds", expiration}})
                      .status,
                  200);
        ASSERT_TRUE(eventually([&] { return status()["status"] == "RUNNING"; }));
    }
    bool engine_saw_abort() {
        return eventually([&] { return std::filesystem::exists(aborted_); });
    }

    Folder folder_;
    std::string aborted_ = folder_.path() + "/aborted";
    platform::SystemClock clock_;
    Options options_;
    std::optional<Server> server_;
    std::optional<HttpClient> client_;
};

void expect_error(const Reply& reply, int status, const std::string& text) {
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.json()["status"], "error");
    ASSERT_TRUE(reply.json()["error"].is_string());
    EXPECT_THAT(reply.json()["error"].get<std::string>(), HasSubstr(text));
}

TEST_F(ServiceTest, ListsWhatItHasAndFiltersByTask) {
    EXPECT_EQ(send("list").body, R"([{"name":"good","requiredRAM":0.5,"benchmarked":true},)"
                                 R"({"name":"new","requiredRAM":null,"benchmarked":false},)"
                                 R"({"name":"slow","requiredRAM":1,"benchmarked":true}])");
    const json chat = send("list?task=chat").json();
    ASSERT_EQ(chat.size(), 1U);
    EXPECT_EQ(chat[0]["name"], "new");
}

TEST_F(ServiceTest, AsksForAKey) {
    expect_error(HttpClient(server_->url(), "wrong").send("/model/list"), 401, "Unauthorized");
    expect_error(HttpClient(server_->url(), "").send("/model/list"), 401, "Unauthorized");
    EXPECT_EQ(HttpClient(server_->url(), "other").send("/model/list").status, 200);
    HttpClient legacy(server_->url(), "");
    expect_error(legacy.send("/model/status", R"({"model":"good","key":"secret"})"), 404, "loaded");
    expect_error(legacy.send("/model/status", R"({"model":"good","key":"wrong"})"), 401, "");
}

TEST_F(ServiceTest, RefusesWhatMakesNoSense) {
    expect_error(client_->send("/model/load", "{"), 400, "JSON");
    expect_error(client_->send("/model/load", "[]"), 400, "JSON");
    expect_error(client_->send("/model/load", "{}"), 400, "model");
    expect_error(send("load", {{"model", "nobody"}}), 404, "not found");
    expect_error(send("load", {{"model", "new"}}), 404, "not benchmarked");
    expect_error(send("load", {{"model", "good"}, {"concurrency", 0}}), 400, "concurrency");
    expect_error(send("load", {{"model", "good"}, {"concurrency", 3}}), 400, "1 to 2");
    expect_error(send("load", {{"model", "good"}, {"concurrency", "1"}}), 400, "concurrency");
    expect_error(send("load", {{"model", "good"}, {"expirationPeriodSeconds", 0}}), 400,
                 "expiration");
    expect_error(send("run", {{"model", "good"}, {"prompt", "x"}, {"params", {{"bogus", 1}}}}), 400,
                 "bogus");
    expect_error(client_->send("/model/nothing"), 404, "no such call");
    expect_error(client_->send("/model/load"), 405, "POST");
    HttpClient big(server_->url());
    expect_error(big.send("/model/run", std::string(2 << 20, ' ')), 413, "too long");
    EXPECT_EQ(send("instances").body, "[]") << "the service works on";
}

TEST_F(ServiceTest, LoadsRunsAndDeletes) {
    expect_error(send("status", {{"model", "good"}}), 404, "not loaded");
    const Reply load = send("load", {{"model", "good"}, {"concurrency", 1}});
    EXPECT_EQ(load.body, R"({"model":"good","status":"started","concurrency":1})");
    ASSERT_TRUE(eventually([&] { return status()["status"] == "RUNNING"; }));
    const json before = status();
    EXPECT_EQ(before["inferences"], 0);
    EXPECT_EQ(before["expirationPeriodSeconds"], 1800);
    EXPECT_EQ(before["expirationPeriodMinutes"], 30);
    expect_error(send("load", {{"model", "good"}}), 409, "already loaded");

    EXPECT_EQ(run("say").body, R"({"output":[{"generated_text":"say one two three"}]})");
    EXPECT_EQ(status()["inferences"], 1);
    const json instances = send("instances").json();
    ASSERT_EQ(instances.size(), 1U);
    EXPECT_EQ(instances[0], status());

    EXPECT_EQ(send("delete", {{"model", "good"}}).body, R"({"model":"good","status":"stopped"})");
    EXPECT_EQ(status()["status"], "STOPPED");
    EXPECT_EQ(send("delete", {{"model", "good"}}).status, 200);
    EXPECT_EQ(send("instances").body, "[]");
    expect_error(run("say"), 404, "stopped");
}

TEST_F(ServiceTest, ABootingModelTakesNeitherLoadNorRun) {
    ASSERT_EQ(send("load", {{"model", "slow"}}).status, 200);
    const Reply again = send("load", {{"model", "slow"}, {"concurrency", 1}});
    expect_error(again, 429, "operation already in progress: load");
    EXPECT_EQ(again.head.get("Retry-After", ""), "1");
    expect_error(send("run", {{"model", "slow"}, {"prompt", "x"}}), 404, "booting");
    EXPECT_EQ(send("delete", {{"model", "slow"}}).status, 200);
    EXPECT_EQ(send("status", {{"model", "slow"}}).json()["status"], "STOPPED");
}

TEST_F(ServiceTest, StreamsThePromptAndThenThePieces) {
    load_good();
    const Reply reply = run("letters", true);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "lettersä好😀");
    EXPECT_EQ(reply.head.getTransferEncoding(), "chunked");
}

TEST_F(ServiceTest, TheFirstPieceComesBeforeTheLastIsMade) {
    load_good();
    Reply reply;
    const auto begin = std::chrono::steady_clock::now();
    std::istream& in =
        client_->begin("/model/run", R"({"model":"good","prompt":"slow 80","stream":true})", reply);
    char echo[8] = {};
    in.read(echo, 7);
    EXPECT_STREQ(echo, "slow 80");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(3000));
    const std::string rest((std::istreambuf_iterator<char>(in)), {});
    EXPECT_THAT(rest, testing::EndsWith(" 78 79"));
    EXPECT_GT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(3900));
}

TEST_F(ServiceTest, ChatAnswersWithTheConversation) {
    load_good();
    const json message = {{"role", "user"}, {"content", "hi"}};
    const Reply reply = send("run", {{"model", "good"}, {"messages", {message}}});
    EXPECT_EQ(reply.json()["output"][0]["generated_text"],
              json::array({message, {{"role", "assistant"}, {"content", " one two three"}}}));
    EXPECT_EQ(send("run", {{"model", "good"}, {"messages", {message}}, {"stream", true}}).body,
              " one two three");
}

TEST_F(ServiceTest, AClientThatHangsUpEndsTheEnginesRun) {
    load_good();
    HttpClient other(server_->url());
    Reply reply;
    std::istream& in =
        other.begin("/model/run", R"({"model":"good","prompt":"slow 600","stream":true})", reply);
    char first[12];
    in.read(first, sizeof first);
    other.hang_up();
    EXPECT_TRUE(engine_saw_abort());
    EXPECT_TRUE(eventually([&] { return !status()["expiresAt"].is_null(); })) << "idle again";
    EXPECT_EQ(status()["inferences"], 1);
    EXPECT_EQ(run("say").status, 200);
}

TEST_F(ServiceTest, AWholeAnswerIsGivenUpTooWhenNobodyWaitsForIt) {
    load_good();
    std::optional<HttpClient> other(server_->url());
    std::thread impatient([&] {
        Reply reply;
        EXPECT_ANY_THROW(
            (void)other->begin("/model/run", R"({"model":"good","prompt":"slow 600"})", reply));
    });
    ASSERT_TRUE(eventually([&] { return status()["inferences"] == 1; }));
    other->cut();
    impatient.join();
    EXPECT_TRUE(eventually([&] { return run("say").status == 200; }))
        << "the replica is free again";
}

TEST_F(ServiceTest, BusyReplicasAnswer429AndStatusShowsNoExpiryMeanwhile) {
    load_good();
    HttpClient other(server_->url());
    Reply reply;
    std::istream& in =
        other.begin("/model/run", R"({"model":"good","prompt":"slow 60","stream":true})", reply);
    const Reply refused = run("say");
    expect_error(refused, 429, "busy");
    EXPECT_EQ(refused.head.get("Retry-After", ""), "1");
    EXPECT_TRUE(status()["expiresAt"].is_null());
    const std::string rest((std::istreambuf_iterator<char>(in)), {});
    EXPECT_THAT(rest, testing::EndsWith(" 59"));
    EXPECT_EQ(run("say").status, 200);
    EXPECT_EQ(status()["inferences"], 2);
}

TEST_F(ServiceTest, AnEnginesRefusalIsToldAndCounts) {
    load_good();
    expect_error(run("refuse"), 400, "no such adapter");
    expect_error(run("refuse", true), 400, "no such adapter");
    EXPECT_EQ(status()["inferences"], 2);
}

TEST_F(ServiceTest, ABrokenStreamDoesNotLookWhole) {
    load_good();
    const auto streamed = [this](const std::string& prompt) {
        const json body = {{"model", "good"}, {"prompt", prompt}, {"stream", true}};
        return client_->send_raw("/model/run", body.dump());
    };
    constexpr auto kLastChunk = "\r\n0\r\n\r\n";
    EXPECT_THAT(streamed("say"), testing::EndsWith(kLastChunk));
    const std::string broken = streamed("break");
    EXPECT_THAT(broken, HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(broken, testing::EndsWith(" one\r\n"));
}

TEST_F(ServiceTest, ACrashInARunIsAnErrorAndTheInstanceHasFailed) {
    load_good();
    expect_error(run("crash"), 502, "engine");
    ASSERT_TRUE(eventually([&] { return status()["status"] == "FAILED"; }));
    EXPECT_THAT(status()["error"].get<std::string>(), HasSubstr("segmentation of everything"));
    EXPECT_EQ(status()["inferences"], 0) << "a run without an answer does not count";
    EXPECT_EQ(send("instances").body, "[]");
    ASSERT_TRUE(eventually([&] { return send("load", {{"model", "good"}}).status == 200; }));
}

TEST_F(ServiceTest, AnIdleInstanceExpiresByItself) {
    load_good(1, 1);
    EXPECT_TRUE(eventually([&] { return status()["status"] == "STOPPED"; }));
    expect_error(run("say"), 404, "stopped");
}

TEST_F(ServiceTest, AJobMakesAModelLoadable) {
    const json model = {{"model", "new"}};
    const json first = send("job", model).json();
    EXPECT_EQ(first["success"], true);
    EXPECT_FALSE(first.contains("message"));
    ASSERT_TRUE(
        eventually([&] { return send("job", model).json()["message"] == "Model available"; }));
    const json done = send("job", model).json();
    for (const char* field : {"startTime", "endTime", "modified"}) {
        EXPECT_TRUE(done[field].is_string()) << field;
    }
    const json entry = send("list?task=chat").json()[0];
    EXPECT_EQ(entry["benchmarked"], true);
    EXPECT_GT(entry["requiredRAM"], 0);
    EXPECT_EQ(send("load", model).status, 200);
    expect_error(send("job", {{"model", "nobody"}}), 404, "not found");
}

TEST_F(ServiceTest, ASecondOriginOnTheSameAddressIsRefused) {
    Options same = options_;
    same.listen = server_->url().substr(7);
    same.data_dir = folder_.path() + "/other";
    try {
        const Server second(clock_, same);
        FAIL() << "it listens too";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("origin.listen"));
    }
}

}  // namespace
}  // namespace origin
