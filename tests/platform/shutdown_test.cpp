#include "platform/shutdown.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

using calendar::Duration;
using platform::Shutdown;

TEST(Shutdown, IsNotRequestedByItself) {
    const Shutdown shutdown;
    EXPECT_FALSE(shutdown.requested());
    EXPECT_FALSE(shutdown.wait_for(Duration::milliseconds(1)));
}

TEST(Shutdown, WakesEveryWaitingThreadOnASignal) {
    const Shutdown shutdown;
    std::atomic<int> woken{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&] { woken += shutdown.wait_for(Duration::seconds(30)); });
    ::kill(::getpid(), SIGTERM);
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(woken, 3);
    EXPECT_TRUE(shutdown.requested());
    pollfd watched{shutdown.descriptor(), POLLIN, 0};
    EXPECT_EQ(::poll(&watched, 1, 0), 1);
}

TEST(Shutdown, CanBeRequestedFromWithin) {
    Shutdown shutdown;
    shutdown.request();
    EXPECT_TRUE(shutdown.wait_for(Duration::seconds(30)));
}

TEST(Shutdown, TakesAnEchoOfASignalForTheSameWish) {
    const Shutdown shutdown(Duration::seconds(3600));
    std::raise(SIGINT);
    std::raise(SIGTERM);
    EXPECT_TRUE(shutdown.requested());
}

TEST(Shutdown, IgnoresPipesWithoutReader) {
    const Shutdown shutdown;
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    ::close(pipe[0]);
    EXPECT_EQ(::write(pipe[1], "x", 1), -1);
    ::close(pipe[1]);
}

TEST(ShutdownDeathTest, EndsAtOnceOnASecondSignal) {
    EXPECT_EXIT(
        {
            const Shutdown shutdown(Duration::seconds(0));
            std::raise(SIGTERM);
            std::raise(SIGTERM);
            ::_exit(0);
        },
        testing::KilledBySignal(SIGTERM), "");
}
