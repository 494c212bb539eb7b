#include "platform/invariant.h"

#include <gtest/gtest.h>

using platform::invariant;

TEST(Invariant, LetsTheTruePass) {
    invariant(1 < 2, "never seen", 3);
}

TEST(InvariantDeathTest, StopsTheProcessAndSaysWhereAndWithWhat) {
    const int have = 7;
    EXPECT_DEATH(invariant(have == 8, "segments", have, std::string("x")),
                 "invariant.*invariant_test.cpp.*values=\"segments, 7, x\"");
}
