#include "calendar/period.h"

#include <gtest/gtest.h>

namespace calendar {
namespace {

TEST(Month, ReadsWhatItPrints) {
    for (const char* text : {"2026-10", "0001-01", "9999-12", "0000-02"})
        EXPECT_EQ(to_text(parse_month(text).value()), text);
}

TEST(Month, RefusesAnythingElse) {
    for (const char* text : {"", "2026", "2026-1", "2026-00", "2026-13", "2026-10-01", "26-10",
                             "2026/10", " 2026-10", "2026-1a", "+026-10"})
        EXPECT_FALSE(parse_month(text)) << text;
}

TEST(Month, FollowsAndPrecedesAcrossYears) {
    EXPECT_EQ(to_text(Month{2026, 12}.next()), "2027-01");
    EXPECT_EQ(to_text(Month{2026, 1}.previous()), "2025-12");
    EXPECT_EQ(to_text(Month{2026, 5}.next().previous()), "2026-05");
    EXPECT_LT((Month{2026, 12}), (Month{2027, 1}));
}

TEST(Day, KnowsLeapYears) {
    EXPECT_EQ(to_text(Day{2024, 2, 28}.next()), "2024-02-29");
    EXPECT_EQ(to_text(Day{2026, 2, 28}.next()), "2026-03-01");
    EXPECT_EQ(to_text(Day{2100, 2, 28}.next()), "2100-03-01");
    EXPECT_TRUE(parse_day("2024-02-29"));
    for (const char* text : {"2026-02-29", "2026-02-00", "2026-04-31", "2026-04-1", "2026-04-1x"})
        EXPECT_FALSE(parse_day(text)) << text;
}

TEST(Day, CountsFromTheEpoch) {
    EXPECT_EQ(days_from_epoch({1970, 1, 1}), 0);
    EXPECT_EQ(days_from_epoch({1969, 12, 31}), -1);
    for (std::int64_t days = -800'000; days < 3'000'000; days += 997)
        EXPECT_EQ(days_from_epoch(day_from_epoch(days)), days);
}

}  // namespace
}  // namespace calendar
