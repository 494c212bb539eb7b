#include "journal/backlog.h"

#include <gtest/gtest.h>

namespace journal {

TEST(Backlog, CountsUnshippedBytesByTheShareOfRecords) {
    Backlog backlog({});
    EXPECT_EQ(backlog.bytes(), 0u);
    backlog.add({1, true, 1000}, 10);
    backlog.add({11, false, 1000}, 10);
    EXPECT_EQ(backlog.bytes(), 2000u);
    EXPECT_THAT(backlog.release(5), testing::IsEmpty());
    EXPECT_EQ(backlog.bytes(), 1500u);
    backlog.add({21, true, 300}, 3);
    EXPECT_EQ(backlog.bytes(), 1800u);
    EXPECT_THAT(backlog.release(20), testing::ElementsAre(1u));
    EXPECT_EQ(backlog.bytes(), 300u);
    EXPECT_THAT(backlog.release(23), testing::IsEmpty());  // the last stays
    EXPECT_EQ(backlog.bytes(), 0u);
    backlog.add({24, false, 50}, 0);  // a seal
    backlog.add({24, false, 350}, 1);
    EXPECT_GT(backlog.bytes(), 0u);
}

TEST(Backlog, IsNotMovedBackByAnEarlierPosition) {
    Backlog backlog({{1, 10, 500}, {11, 20, 500}, {21, 30, 500}});
    EXPECT_THAT(backlog.release(25), testing::ElementsAre(1u, 11u));
    EXPECT_THAT(backlog.release(3), testing::IsEmpty());
    EXPECT_EQ(backlog.bytes(), 250u);
}

}  // namespace journal
