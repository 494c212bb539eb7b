#include "origin/text.h"

#include <gtest/gtest.h>

namespace origin {
namespace {

TEST(GibibytesText, IsExactToTheLastBinaryDigit) {
    EXPECT_EQ(gibibytes_text(std::uint64_t{1} << 30), "1");
    EXPECT_EQ(gibibytes_text(std::uint64_t{1} << 29), "0.5");
    EXPECT_EQ(gibibytes_text(0), "0");
    // 2^-30, by hand: 5^30 behind the point.
    EXPECT_EQ(gibibytes_text(1), "0.000000000931322574615478515625");
    EXPECT_EQ(gibibytes_text((std::uint64_t{3} << 30) + 4096), "3.000003814697265625");
    EXPECT_EQ(gibibytes_text(std::uint64_t{141} << 30), "141");
}

TEST(PrintableTail, KeepsTheLastWholeCharactersAndJoinsLines) {
    EXPECT_EQ(printable_tail("a\nb\n\nc\n", 100), "a | b | c");
    EXPECT_EQ(printable_tail("  x \x1b[31my\x07 ", 100), "x [31my");
    EXPECT_EQ(printable_tail("größe", 100), "größe");
    EXPECT_EQ(printable_tail("\xff\xc3(\xed\xa0\x80ok\xf0\x9f\x98", 100), "(ok");
    // The cut falls into the middle of ö: what is left of it goes.
    EXPECT_EQ(printable_tail("grö!", 2), "!");
    EXPECT_EQ(printable_tail("", 10), "");
}

}  // namespace
}  // namespace origin
