#include <gtest/gtest.h>

#include <csignal>

int main(int argc, char** argv) {
    // A peer that goes away is a result to look at, not a reason to die.
    std::signal(SIGPIPE, SIG_IGN);
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
