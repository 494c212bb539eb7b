#include "platform/clock.h"

#include <gtest/gtest.h>

#include <chrono>

TEST(SystemClock, AgreesWithTheWallClockAtItsStart) {
    const platform::SystemClock clock;
    const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
    EXPECT_NEAR(static_cast<double>(clock.now().micros - wall), 0, 5e6);
    EXPECT_NEAR(static_cast<double>(platform::wall_clock().micros - wall), 0, 5e6);
}

TEST(SystemClock, NeverGoesBackwards) {
    const platform::SystemClock clock;
    calendar::Instant last = clock.now();
    for (int i = 0; i < 10'000; ++i) {
        const calendar::Instant now = clock.now();
        ASSERT_GE(now, last);
        last = now;
    }
}
