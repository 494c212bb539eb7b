#include "origin/run_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace origin {
namespace {

using nlohmann::json;

json engine_body(const std::string& body) {
    return json::parse(parse_run_request(body).engine_body);
}

json engine_body_with(const std::string& params) {
    return engine_body(R"({"model": "m", "prompt": "p", "params": )" + params + "}");
}

std::string refusal(const std::string& body) try {
    (void)parse_run_request(body);
    return "";
} catch (const BadRunRequest& error) {
    return error.what();
}

TEST(RunRequest, ReadsTheDocumentsExample) {
    const RunRequest request = parse_run_request(
        R"({"model": "openai-community/gpt2", "prompt": "Once upon a time there was a",
            "params": {"min_length": 30, "max_length": 256}, "stream": true})");
    EXPECT_EQ(request.model.text(), "openai-community/gpt2");
    EXPECT_TRUE(request.stream);
    EXPECT_FALSE(request.is_chat);
    EXPECT_EQ(request.echo, "Once upon a time there was a");
    EXPECT_EQ(json::parse(request.engine_body),
              json::parse(R"({"model": "openai-community/gpt2", "stream": true, "max_tokens": 256,
                  "prompt": "Once upon a time there was a", "min_tokens": 30, "temperature": 0})"));
}

TEST(RunRequest, TheInputHasThreeNamesAndMayBeAnObject) {
    for (const char* body :
         {R"({"model": "m", "prompt": "p"})", R"({"model": "m", "input": "p"})",
          R"({"model": "m", "text": "p"})", R"({"model": "m", "input": {"prompt": "p"}})",
          R"({"model": "m", "input": {"text": "p", "model": "other"}})"}) {
        EXPECT_EQ(parse_run_request(body).echo, "p") << body;
        EXPECT_EQ(engine_body(body)["prompt"], "p") << body;
        EXPECT_EQ(engine_body(body)["model"], "m") << body;
    }
}

TEST(RunRequest, ChatKeepsTheOrderOfTheMessages) {
    const RunRequest request =
        parse_run_request(R"({"model": "m", "messages": [{"role": "user", "content": "hi"}]})");
    EXPECT_TRUE(request.is_chat);
    EXPECT_EQ(request.echo, "");
    EXPECT_EQ(request.messages, R"([{"role":"user","content":"hi"}])");
    EXPECT_TRUE(parse_run_request(R"({"model": "m", "input": [{"role": "user"}]})").is_chat);
}

TEST(RunRequest, MapsTokensAsTheOfficialClientDocumentsThem) {
    EXPECT_EQ(engine_body_with("{}")["max_tokens"], 20);
    EXPECT_EQ(engine_body_with(R"({"max_new_tokens": 7})")["max_tokens"], 7);
    EXPECT_EQ(engine_body_with(R"({"max_length": 9, "max_new_tokens": 7})")["max_tokens"], 9);
    EXPECT_EQ(engine_body_with(R"({"min_new_tokens": 50})")["max_tokens"], 50);
    EXPECT_EQ(engine_body_with(R"({"min_length": 2, "min_new_tokens": 50})")["min_tokens"], 2);
    EXPECT_THAT(
        refusal(R"({"model": "m", "prompt": "p", "params": {"min_length": 3, "max_length": 2}})"),
        testing::HasSubstr("minimum"));
}

TEST(RunRequest, SamplesOnlyWhereAsked) {
    EXPECT_EQ(engine_body_with("{}")["temperature"], 0);
    EXPECT_EQ(engine_body_with(R"({"do_sample": false, "temperature": 0.7})")["temperature"], 0);
    EXPECT_EQ(engine_body_with(R"({"temperature": 0.7})")["temperature"], 0.7);
    EXPECT_FALSE(engine_body_with(R"({"do_sample": true})").contains("temperature"));
}

TEST(RunRequest, PassesWhatEnginesKnow) {
    const json body = engine_body_with(
        R"({"top_p": 0.9, "top_k": 40, "seed": 5, "stop": ["a", "b"], "repetition_penalty": 1.1,
            "num_beams": 1, "use_cache": true, "top_k": 41})");
    EXPECT_EQ(body["top_p"], 0.9);
    EXPECT_EQ(body["top_k"], 41);
    EXPECT_EQ(body["seed"], 5);
    EXPECT_EQ(body["stop"], json::parse(R"(["a", "b"])"));
    EXPECT_EQ(body["repetition_penalty"], 1.1);
    EXPECT_FALSE(body.contains("num_beams"));
}

TEST(RunRequest, TheEchoCanBeDeclined) {
    const std::string body =
        R"({"model": "m", "prompt": "p", "params": {"return_full_text": false}})";
    EXPECT_EQ(parse_run_request(body).echo, "");
    EXPECT_EQ(engine_body(body)["prompt"], "p");
}

TEST(RunRequest, RefusesByName) {
    struct Row {
        const char* params;
        const char* named;
    };
    const Row rows[] = {{R"({"tempratur": 1})", "tempratur"},
                        {R"({"num_beams": 4})", "num_beams"},
                        {R"({"temperature": "hot"})", "temperature"},
                        {R"({"top_k": 1.5})", "top_k"},
                        {R"({"stop": [1]})", "stop"},
                        {R"({"do_sample": 1})", "do_sample"},
                        {R"({"max_length": -1})", "max_length"},
                        {R"([])", "params"}};
    for (const Row& row : rows) {
        EXPECT_THAT(
            refusal(R"({"model": "m", "prompt": "p", "params": )" + std::string(row.params) + "}"),
            testing::HasSubstr(row.named));
    }
    EXPECT_THAT(refusal(R"({"prompt": "p"})"), testing::HasSubstr("model"));
    EXPECT_THAT(refusal(R"({"model": "m"})"), testing::HasSubstr("prompt"));
    EXPECT_THAT(refusal("{"), testing::HasSubstr("JSON"));
    EXPECT_THAT(refusal("[]"), testing::HasSubstr("object"));
    EXPECT_THAT(refusal(R"({"model": "m", "prompt": "p", "stream": 1})"),
                testing::HasSubstr("stream"));
    std::string deep = R"({"model": "m", "messages": )";
    deep.append(100'000, '[');
    EXPECT_THAT(refusal(deep), testing::HasSubstr("deep"));
}

}  // namespace
}  // namespace origin
