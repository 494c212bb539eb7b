#include "platform/reload_wish.h"

#include <gtest/gtest.h>

#include <csignal>

#include "platform/shutdown.h"

namespace platform {
namespace {

TEST(ReloadWish, IsTakenOnceForAllSignalsBefore) {
    ReloadWish wish;
    EXPECT_FALSE(wish.take());
    std::raise(SIGHUP);
    std::raise(SIGHUP);
    EXPECT_TRUE(wish.take());
    EXPECT_FALSE(wish.take());
    std::raise(SIGHUP);
    EXPECT_TRUE(wish.take());
}

TEST(ReloadWish, EndsTheWaitForAStopWithoutBeingOne) {
    const Shutdown shutdown;
    ReloadWish wish;
    std::raise(SIGHUP);
    EXPECT_FALSE(shutdown.wait_for(calendar::Duration::seconds(60), wish.descriptor()));
    EXPECT_TRUE(wish.take());
    std::raise(SIGTERM);
    EXPECT_TRUE(shutdown.wait_for(calendar::Duration::seconds(60), wish.descriptor()));
}

}  // namespace
}  // namespace platform
