#include "console/handler.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace console {
namespace {

class ConsoleHandler : public testing::Test {
  protected:
    Health health_;
    platform::Metrics metrics_;
    const std::function<Health()> ask_ = [this] { return health_; };
    const Handler handler_{ask_, metrics_};
};

}  // namespace

TEST_F(ConsoleHandler, SaysThatTheProcessLivesWhateverElseIsWrong) {
    health_.journal = JournalState::failed;
    EXPECT_EQ(handler_.answer("GET", "/healthz").status, 200);
}

TEST_F(ConsoleHandler, AnswersReadinessByStatusAndBody) {
    EXPECT_EQ(handler_.answer("GET", "/readyz").status, 200);
    health_.journal = JournalState::full;
    const Answer answer = handler_.answer("GET", "/readyz");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(nlohmann::json::parse(answer.body).at("journal").at("state"), "full");
}

TEST_F(ConsoleHandler, NamesItsPagesAtTheRoot) {
    const Answer answer = handler_.answer("GET", "/");
    EXPECT_EQ(answer.status, 200);
    for (const char* path : {"/healthz", "/readyz", "/metrics"}) {
        EXPECT_THAT(answer.body, testing::HasSubstr(path));
    }
}

TEST_F(ConsoleHandler, RefusesUnknownPathsAndOtherMethodsInProblemShape) {
    for (const char* path : {"/nothing", "/metrics/", "/HEALTHZ", "//", "", "*", "/%2e%2e/etc"}) {
        const Answer answer = handler_.answer("GET", path);
        EXPECT_EQ(answer.status, 404) << path;
        EXPECT_EQ(answer.content_type, "application/problem+json");
        EXPECT_EQ(nlohmann::json::parse(answer.body).at("status"), 404);
    }
    for (const char* method : {"POST", "DELETE", "get", "OPTIONS"}) {
        const Answer answer = handler_.answer(method, "/healthz");
        EXPECT_EQ(answer.status, 405) << method;
        EXPECT_TRUE(answer.names_methods);
    }
}

TEST_F(ConsoleHandler, DoesNotLookAtAQuery) {
    EXPECT_EQ(handler_.answer("GET", "/healthz?x=/nothing").status, 200);
}

}  // namespace console
