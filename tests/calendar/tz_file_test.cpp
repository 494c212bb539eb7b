#include "calendar/tz_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "calendar/instant.h"

namespace calendar {
namespace {

/// "instant:offset …" of one year.
std::string transitions(std::string_view footer, int year) {
    const auto rule = FooterRule::parse(footer);
    if (!rule) return "refused";
    std::string text;
    for (const Transition& transition : rule->transitions(year)) {
        if (!text.empty()) text += ' ';
        text += to_text(Instant{transition.at * 1'000'000});
        text += ':';
        text += std::to_string(transition.offset);
    }
    return text;
}

TEST(FooterRule, KnowsEveryNotation) {
    EXPECT_EQ(transitions("EST5EDT,M3.2.0,M11.1.0", 2050),
              "2050-03-13T07:00:00Z:-14400 2050-11-06T06:00:00Z:-18000");
    // Winter time is the one that is "saved", and comes later in the year.
    EXPECT_EQ(transitions("IST-1GMT0,M10.5.0,M3.5.0/1", 2050),
              "2050-03-27T01:00:00Z:3600 2050-10-30T01:00:00Z:0");
    EXPECT_EQ(transitions("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2050),
              "2050-03-27T01:00:00Z:-3600 2050-10-30T01:00:00Z:-7200");
    EXPECT_EQ(transitions("EET-2EEST,M3.4.4/50,M10.4.4/50", 2050),
              "2050-03-26T00:00:00Z:10800 2050-10-28T23:00:00Z:7200");
    EXPECT_EQ(transitions("AEST-10AEDT,M10.1.0,M4.1.0/3", 2050),
              "2050-04-02T16:00:00Z:36000 2050-10-01T16:00:00Z:39600");
    EXPECT_EQ(transitions("XXX0YYY,J60/0,300/0", 2052),
              "2052-03-01T00:00:00Z:3600 2052-10-26T23:00:00Z:0");
    EXPECT_EQ(transitions("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2050),
              "2050-04-02T15:00:00Z:37800 2050-10-01T15:30:00Z:39600");
    EXPECT_EQ(transitions("IST-5:30", 2050), "");
    EXPECT_EQ(FooterRule::parse("<+0330>-3:30")->standard_offset(), 12600);
}

TEST(FooterRule, RefusesWhatItDoesNotUnderstand) {
    for (const char* text : {"E5", "EST", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0",
                             "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,,",
                             "<EST5", "EST5EDT,M3.2.0,M11.1.0x", "EST5EDT M3.2.0,M11.1.0"})
        EXPECT_EQ(transitions(text, 2050), "refused") << text;
}

TEST(TzFile, RefusesEveryCutOfAFile) {
    std::ifstream file("/usr/share/zoneinfo/Europe/Berlin", std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    ASSERT_TRUE(parse_tz_file(bytes, 2100));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(parse_tz_file(bytes.substr(0, size), 2100)) << size;
}

TEST(TzFile, SurvivesDamage) {
    std::ifstream file("/usr/share/zoneinfo/America/New_York", std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        for (int byte : {0, 1, 0x7f, 0xff}) {
            std::string damaged = bytes;
            damaged[at] = static_cast<char>(byte);
            const auto transitions = parse_tz_file(damaged, 2100);
            if (!transitions) continue;
            for (std::size_t i = 1; i < transitions->size(); ++i)
                ASSERT_LT((*transitions)[i - 1].at, (*transitions)[i].at);
        }
    }
}

}  // namespace
}  // namespace calendar
