#include "calendar/instant.h"

#include <gtest/gtest.h>

namespace calendar {
namespace {

TEST(Instant, ReadsWhatItPrints) {
    for (const char* text : {"2026-10-05T10:00:00Z", "2024-02-29T23:59:59.000001Z",
                             "1969-12-31T23:59:59.5Z", "0001-01-01T00:00:00Z"}) {
        const auto instant = parse_instant(text);
        ASSERT_TRUE(instant) << text;
        EXPECT_EQ(to_text(*instant), text);
    }
}

TEST(Instant, MovesOffsetsToUtc) {
    EXPECT_EQ(to_text(*parse_instant("2026-01-01t00:30:00.250+05:30")), "2025-12-31T19:00:00.25Z");
    EXPECT_EQ(to_text(*parse_instant("2026-01-01T00:30:00-01:00")), "2026-01-01T01:30:00Z");
    EXPECT_EQ(parse_instant("2026-01-01T00:00:00z"), parse_instant("2026-01-01T00:00:00Z"));
}

TEST(Instant, RefusesWhatTheRuleRefuses) {
    for (const char* text :
         {"", "2026-10-05", "2026-10-05 10:00:00Z", "2026-10-05T10:00:00", "2026-10-05T24:00:00Z",
          "2026-10-05T10:00:60Z", "2026-10-05T10:00:00.Z", "2026-10-05T10:00:00.1234567Z",
          "2026-02-29T10:00:00Z", "2026-13-01T10:00:00Z", "2026-10-05T10:00:00Zx",
          "2026-10-05T10:00:00+24:00", "2026-10-05T10:00:00+0100", "26-10-05T10:00:00Z"}) {
        EXPECT_FALSE(parse_instant(text)) << text;
    }
}

TEST(Instant, StaysWithinWhatItsTextCanHold) {
    EXPECT_EQ(parse_instant("0000-01-01T00:00:00Z"), earliest_instant);
    EXPECT_EQ(parse_instant("9999-12-31T23:59:59.999999Z"), latest_instant);
    EXPECT_EQ(to_text(earliest_instant), "0000-01-01T00:00:00Z");
    EXPECT_EQ(to_text(latest_instant), "9999-12-31T23:59:59.999999Z");
    EXPECT_FALSE(parse_instant("0000-01-01T00:00:00+00:01"));
    EXPECT_FALSE(parse_instant("9999-12-31T23:59:59-00:01"));
}

TEST(Instant, PrintsMillisecondsAsTheModelApiDoes) {
    EXPECT_EQ(to_text_milliseconds(*parse_instant("2024-05-28T00:12:18.738912Z")),
              "2024-05-28T00:12:18.738Z");
    EXPECT_EQ(to_text_milliseconds(*parse_instant("2024-05-28T00:12:18Z")),
              "2024-05-28T00:12:18.000Z");
}

}  // namespace
}  // namespace calendar
