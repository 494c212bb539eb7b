#include "platform/passed_sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

namespace platform {
namespace {

void pass(const std::string& process, const char* count) {
    ::setenv("LISTEN_PID", process.c_str(), 1);
    ::setenv("LISTEN_FDS", count, 1);
}

TEST(PassedSockets, AreThoseForThisProcessAndNoChildOfIt) {
    const std::string self = std::to_string(::getpid());
    EXPECT_TRUE(take_passed_sockets().empty()) << "nothing was passed";
    pass(self, "2");
    EXPECT_EQ(take_passed_sockets(), (std::vector<int>{3, 4}));
    EXPECT_EQ(::getenv("LISTEN_FDS"), nullptr) << "a child would take them for its own";
    EXPECT_TRUE(take_passed_sockets().empty());
    pass(std::to_string(::getppid()), "2");
    EXPECT_TRUE(take_passed_sockets().empty()) << "passed to another process";
    for (const char* nonsense : {"", "x", "-1", "1x", "999999999999"}) {
        pass(self, nonsense);
        EXPECT_TRUE(take_passed_sockets().empty()) << nonsense;
    }
}

}  // namespace
}  // namespace platform
