#include "platform/log.h"

#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <thread>

using platform::log;
using platform::Severity;

namespace {

template <class Action>
std::string captured(Action action) {
    testing::internal::CaptureStderr();
    action();
    return testing::internal::GetCapturedStderr();
}

}  // namespace

TEST(Log, WritesOneReadableLineAnEvent) {
    const std::string line = captured([] {
        log(Severity::info, "journal", "opened segment",
            {{"first", 417}, {"path", "/var/lib/x"}, {"why", "a \"good\" one"}, {"none", ""}});
    });
    EXPECT_TRUE(std::regex_match(
        line, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info  journal  opened segment  )"
                         R"(first=417 path=/var/lib/x why="a \\"good\\" one" none=""\n)")))
        << line;
}

TEST(Log, KeepsAnEventOnItsLineWhateverTheTextHolds) {
    const std::string line = captured([] {
        log(Severity::error, "x", "a\nb", {{"key", "c\r\nd\x1b[1m"}});
    });
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_THAT(line, testing::HasSubstr(R"(key=c\x0d\x0ad\x1b[1m)"));
    EXPECT_THAT(line, testing::HasSubstr(R"(a\x0ab)"));
}

TEST(Log, DropsWhatIsBelowTheThreshold) {
    EXPECT_EQ(captured([] { log(Severity::debug, "x", "unseen"); }), "");
    platform::set_log_threshold(Severity::warning);
    EXPECT_EQ(captured([] { log(Severity::info, "x", "unseen"); }), "");
    EXPECT_NE(captured([] { log(Severity::warning, "x", "seen"); }), "");
    platform::set_log_threshold(Severity::info);
}

TEST(Log, DoesNotMixTheLinesOfThreads) {
    const std::string long_text(200, 'a');
    const std::string text = captured([&] {
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int i = 0; i < 200; ++i)
                    log(Severity::info, "x", "event", {{"text", long_text}});
            });
        }
        for (std::thread& thread : threads) thread.join();
    });
    std::istringstream lines(text);
    std::string line;
    int count = 0;
    for (; std::getline(lines, line); ++count) {
        ASSERT_TRUE(line.ends_with(long_text)) << line;
        ASSERT_EQ(line.find('Z'), 23u) << line;
    }
    EXPECT_EQ(count, 800);
}
