#include "bytez/answer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace bytez {
namespace {

using calendar::parse_instant;
using lifecycle::ModelName;

/// The line of the API document that begins so.
std::string documented(std::string_view beginning) {
    std::ifstream file(TEST_DATA "/bytez-api-v1.md");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(beginning)) return line;
    ADD_FAILURE() << "not in the document: " << beginning;
    return {};
}

const std::string status_example =
    documented(R"({"model":"openai-community/gpt2","status":"RUNNING")");

TEST(Status, IsReadAsDocumented) {
    const auto report = parse_status(status_example);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->model.text(), "openai-community/gpt2");
    EXPECT_EQ(report->status, "RUNNING");
    EXPECT_EQ(report->concurrency, 1);
    EXPECT_EQ(report->inferences, 0);
    EXPECT_EQ(report->expiration_seconds, 1800);
    EXPECT_EQ(report->expires_at, parse_instant("2024-05-28T00:12:18.738Z"));
    EXPECT_EQ(report->created, parse_instant("2024-05-27T23:35:35.863Z"));
    EXPECT_EQ(report->modified, parse_instant("2024-05-27T23:42:19.239Z"));
    EXPECT_FALSE(report->error);
}

TEST(Status, IsWrittenAsDocumented) {
    EXPECT_EQ(write_status(*parse_status(status_example)), status_example);
    EXPECT_EQ(write_instances({*parse_status(status_example), *parse_status(status_example)}),
              "[" + status_example + "," + status_example + "]");
    EXPECT_EQ(write_instances({}), "[]");
}

TEST(Status, PrintsMinutesAndNulls) {
    InstanceReport report;
    report.model = ModelName("a\"b");
    report.status = "FAILED";
    report.error = "no\nway";
    const std::string nothing =
        R"({"model":"a\"b","status":"FAILED","concurrency":null,"inferences":null,)";
    EXPECT_EQ(write_status(report),
              nothing + R"("expirationPeriodSeconds":null,"expirationPeriodMinutes":null,)"
                        R"("expiresAt":null,"created":null,"modified":null,"error":"no\nway"})");
    const std::vector<std::pair<std::int64_t, std::string>> rows = {
        {0, "0"},         {60, "1"},        {90, "1.5"}, {100, "1.666667"},
        {61, "1.016667"}, {59, "0.983333"}, {3, "0.05"}};
    for (const auto& [seconds, minutes] : rows) {
        report.expiration_seconds = seconds;
        EXPECT_NE(write_status(report).find("\"expirationPeriodMinutes\":" + minutes + ","),
                  std::string::npos)
            << seconds;
    }
}

TEST(Status, TakesAFieldOfAnotherTypeAsAbsent) {
    const auto report = parse_status(
        R"({"model":"a","status":"RUNNING","concurrency":"1","inferences":1.5,"expiresAt":null,)"
        R"("created":7,"modified":"yesterday","more":{"model":"b","status":[1]},"error":{"x":1}})");
    ASSERT_TRUE(report);
    EXPECT_EQ(report->model.text(), "a");
    EXPECT_FALSE(report->concurrency || report->inferences || report->expires_at);
    EXPECT_FALSE(report->created || report->modified || report->error);
}

TEST(Status, LetsTheLaterOfEqualKeysWin) {
    EXPECT_EQ(parse_status(R"({"model":"a","model":"b","status":"RUNNING"})")->model.text(), "b");
    EXPECT_FALSE(parse_status(R"({"model":"a","status":"RUNNING","status":null})"));
    EXPECT_FALSE(parse_status(R"({"model":"a","status":"RUNNING","status":{}})"));
}

TEST(Status, RefusesWhatReportsNoInstance) {
    for (const char* text :
         {"", "null", "7", "[]", "{}", "[[]]", "{", R"({"model":"a"})", R"({"status":"RUNNING"})",
          R"({"status":"error","error":"Model not found"})",
          R"({"model":"a","status":"error","error":"x"})", R"({"model":1,"status":"RUNNING"})",
          R"([{"model":"a","status":"RUNNING"}])", R"({"model":"a","status":"RUNNING"} x)",
          "{\"model\":\"\xff\",\"status\":\"RUNNING\"}"}) {
        EXPECT_FALSE(parse_status(text)) << text;
    }
    EXPECT_FALSE(parse_status(std::string(100'000, '[')));
}

TEST(Instances, AreAnArrayOfReportsAndNothingLess) {
    EXPECT_TRUE(parse_instances("[]")->empty());
    const auto two = parse_instances("[" + status_example + "," + status_example + "]");
    ASSERT_TRUE(two);
    EXPECT_EQ(two->size(), 2u);
    for (const char* text : {"{}", "[1]", "[null]", "[[]]", R"(["a"])", R"([{}])",
                             R"([{"model":"a","status":"RUNNING"},{"model":"b"}])",
                             R"([{"model":"a","status":"RUNNING"},7])"}) {
        EXPECT_FALSE(parse_instances(text)) << text;
    }
}

TEST(List, KeepsEveryDigitOfRequiredRam) {
    std::string example = documented(R"([{"name":"EleutherAI)");
    example.erase(example.find(", ....]"));  // the document's own ellipsis
    const auto models = parse_list(example + "]");
    ASSERT_TRUE(models);
    ASSERT_EQ(models->size(), 3u);
    EXPECT_EQ((*models)[0].name.text(), "EleutherAI/gpt-neo-2.7B");
    EXPECT_EQ((*models)[0].required_ram, "2.232933128273094");
    EXPECT_EQ((*models)[1].required_ram, "0.9401917929177755");
    EXPECT_TRUE((*models)[1].benchmarked);
    EXPECT_FALSE((*models)[2].required_ram);
    EXPECT_FALSE((*models)[2].benchmarked);
    EXPECT_EQ(write_list(*models), example + "]");
}

TEST(List, ReadsNumbersAsTheyAreWritten) {
    const auto models = parse_list(
        R"([{"name":"a","requiredRAM":2.50},{"name":"b","requiredRAM":12},)"
        R"({"name":"c","requiredRAM":123456789012345678901234567890},{"name":"d","requiredRAM":1e-2},)"
        R"({"name":"e","requiredRAM":"3"},{"name":"f","requiredRAM":1,"benchmarked":false},{"x":1}])");
    ASSERT_TRUE(models);
    ASSERT_EQ(models->size(), 6u);
    EXPECT_EQ((*models)[0].required_ram, "2.50");
    EXPECT_TRUE((*models)[0].benchmarked);
    EXPECT_EQ((*models)[1].required_ram, "12");
    EXPECT_EQ((*models)[2].required_ram, "123456789012345678901234567890");
    EXPECT_EQ((*models)[3].required_ram, "1e-2");
    EXPECT_FALSE((*models)[4].required_ram);
    EXPECT_FALSE((*models)[5].required_ram) << "not benchmarked: not priceable";
    EXPECT_FALSE(parse_list("{}"));
    EXPECT_FALSE(parse_list("[1]"));
}

TEST(Error, StaysAStringThatClientsCanSearch) {
    EXPECT_EQ(write_error("Model \"a\" is already loaded"),
              R"({"status":"error","error":"Model \"a\" is already loaded"})");
}

TEST(HttpDate, IsReadInItsOneForm) {
    EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
              parse_instant("1994-11-06T08:49:37Z"));
    EXPECT_EQ(parse_http_date("Thu, 29 Feb 2024 00:00:00 GMT"),
              parse_instant("2024-02-29T00:00:00Z"));
    for (const char* text : {"", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 nov 1994 08:49:37 GMT",
                             "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                             "Sun, 6 Nov 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
                             "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT"}) {
        EXPECT_FALSE(parse_http_date(text)) << text;
    }
}

}  // namespace
}  // namespace bytez
