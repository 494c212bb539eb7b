#include "calendar/zone.h"

#include <date/tz.h>
#include <gtest/gtest.h>

namespace calendar {
namespace {

Zone zone(std::string_view name) {
    return find_zone(name).value();
}

std::string month_start(std::string_view name, std::string_view month) {
    return to_text(zone(name).start_of(parse_month(month).value()));
}

std::string day_start(std::string_view name, std::string_view day) {
    return to_text(zone(name).start_of(parse_day(day).value()));
}

TEST(Zone, MonthsStartAtLocalMidnight) {
    EXPECT_EQ(month_start("UTC", "2026-10"), "2026-10-01T00:00:00Z");
    EXPECT_EQ(month_start("Asia/Kolkata", "2026-10"), "2026-09-30T18:30:00Z");
    EXPECT_EQ(month_start("America/New_York", "2026-07"), "2026-07-01T04:00:00Z");
    EXPECT_EQ(month_start("America/New_York", "2026-12"), "2026-12-01T05:00:00Z");
    EXPECT_EQ(month_start("Pacific/Kiritimati", "2026-10"), "2026-09-30T10:00:00Z");
}

TEST(Zone, ASkippedMidnightStartsThePeriodAtTheTransition) {
    // Sao Paulo: 2017-10-14 24:00 read 01:00. Asuncion: 2023-09-30 24:00 read 01:00.
    EXPECT_EQ(day_start("America/Sao_Paulo", "2017-10-15"), "2017-10-15T03:00:00Z");
    EXPECT_EQ(month_start("America/Asuncion", "2023-10"), "2023-10-01T04:00:00Z");
}

TEST(Zone, ADoubledMidnightStartsItAtTheFirst) {
    // Havana: 2026-11-01 01:00 went back to 00:00. Sao Paulo: 2018-02-17 24:00 went back to 23:00,
    // so that midnight came once, an hour later.
    EXPECT_EQ(month_start("America/Havana", "2026-11"), "2026-11-01T04:00:00Z");
    EXPECT_EQ(day_start("America/Sao_Paulo", "2018-02-18"), "2018-02-18T03:00:00Z");
}

TEST(Zone, ASkippedDayIsEmpty) {
    // Samoa had no 2011-12-30.
    EXPECT_EQ(day_start("Pacific/Apia", "2011-12-30"), day_start("Pacific/Apia", "2011-12-31"));
    const Instant transition = *parse_instant("2011-12-30T10:00:00Z");
    EXPECT_EQ(to_text(zone("Pacific/Apia").day_at(transition)), "2011-12-31");
    EXPECT_EQ(to_text(zone("Pacific/Apia").day_at(transition - Duration{1})), "2011-12-29");
}

TEST(Zone, SummerTimeDoesNotEndIn2037) {
    EXPECT_EQ(month_start("America/New_York", "2050-07"), "2050-07-01T04:00:00Z");
    EXPECT_EQ(month_start("Europe/Berlin", "9999-07"), "9999-06-30T22:00:00Z");
    EXPECT_EQ(month_start("Australia/Sydney", "2050-01"), "2049-12-31T13:00:00Z");
}

TEST(Zone, AnInstantIsInThePeriodThatStartedLast) {
    for (const char* name : {"UTC", "America/Havana", "America/Asuncion", "Europe/Berlin",
                             "Australia/Lord_Howe", "Asia/Kathmandu"}) {
        const Zone z = zone(name);
        for (Month month{1990, 1}; month < Month{2060, 1}; month = month.next()) {
            const Instant start = z.start_of(month);
            EXPECT_EQ(z.month_at(start), month) << name;
            EXPECT_EQ(z.month_at(start - Duration{1}), month.previous()) << name;
            EXPECT_EQ(z.day_at(start).in_month(), month) << name;
        }
    }
}

TEST(Zone, MonthsAndDaysStartTogether) {
    for (const char* name : {"America/Havana", "America/Asuncion", "America/Sao_Paulo"}) {
        const Zone z = zone(name);
        for (Month month{2000, 1}; month < Month{2040, 1}; month = month.next())
            EXPECT_EQ(z.start_of(month), z.start_of(Day{month.year, month.month, 1})) << name;
    }
}

TEST(Zone, RefusesWhatIsNoZone) {
    for (const char* name :
         {"", "Mars/Olympus", "europe/berlin", "Europe", "../../../etc/passwd",
          "/usr/share/zoneinfo/UTC", "Europe/../Europe/Berlin", "posix/UTC", "right/UTC",
          "localtime", "UTC ", "zone.tab", "UTC/", "America/New York"})
        EXPECT_FALSE(find_zone(name)) << name;
}

/// The date library is right wherever a file spells its transitions out, that is before 2037.
TEST(Zone, AgreesWithTheDateLibraryOnEveryZone) {
    std::size_t compared = 0;
    for (const date::time_zone& theirs : date::get_tzdb().zones) {
        const auto ours = find_zone(theirs.name());
        if (!ours) continue;  // localtime and the like
        ++compared;
        for (std::int64_t hour = -600'000; hour < 586'000; hour += 61) {
            const auto info = theirs.get_info(date::sys_seconds(std::chrono::hours(hour)));
            ASSERT_EQ(ours->offset_at({hour * 3'600'000'000}).micros / 1'000'000,
                      info.offset.count())
                << theirs.name() << " at hour " << hour;
        }
    }
    EXPECT_GT(compared, 300u);
}

}  // namespace
}  // namespace calendar
