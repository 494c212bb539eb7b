#include "invoicing/number.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace invoicing {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(InvoiceNumber, IsSeriesYearAndSixDigitsUnlessToldOtherwise) {
    EXPECT_EQ(to_text(Number{"TG", 2026, 1}, default_number_format), "TG-2026-000001");
    EXPECT_EQ(to_text(Number{"A-B", 2031, 1'234'567}, default_number_format), "A-B-2031-1234567");
}

TEST(InvoiceNumber, IsWrittenInTheFormatOfTheIssuer) {
    const Number number{"TG", 2026, 42};
    for (const auto& [format, text] :
         {std::pair("{year}/{counter:4}", "2026/0042"), std::pair("{counter}.{year}", "42.2026"),
          std::pair("RE{year}{counter:1}", "RE202642"),
          std::pair("{counter:12}_{year}_{series}", "000000000042_2026_TG")}) {
        EXPECT_THAT(find_number_format_fault(format), IsEmpty()) << format;
        EXPECT_EQ(to_text(number, format), text);
    }
}

TEST(InvoiceNumber, FormatsWithoutWhatMakesThemUniqueOrReadableAreRefused) {
    for (const auto& [format, fault] :
         {std::pair("", "once each"), std::pair("{counter:6}", "once each"),
          std::pair("{series}-{year}", "once each"),
          std::pair("{year}{year}{counter}", "once each"),
          std::pair("{year}{counter}{counter}", "once each"),
          std::pair("{series}{series}{year}{counter}", "{series} once"),
          std::pair("{month}{year}{counter}", "between braces"),
          std::pair("{}{year}{counter}", "between braces"),
          std::pair("{counter:}{year}", "between braces"),
          std::pair("{counter:0}{year}", "1 to 12"), std::pair("{counter:13}{year}", "1 to 12"),
          std::pair("{counter:06}{year}", "1 to 12"), std::pair("{counter:x}{year}", "1 to 12"),
          std::pair("{year}{counter", "brace"), std::pair("{year}}{counter}", "letters"),
          std::pair("{year},{counter}", "letters"), std::pair("{year} {counter}", "letters"),
          std::pair("-{year}{counter}", "hyphen"),
          std::pair("{year}{counter}aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeee", "60")}) {
        EXPECT_THAT(find_number_format_fault(format), HasSubstr(fault)) << format;
        EXPECT_THROW(to_text(Number{"TG", 2026, 1}, format), std::invalid_argument) << format;
    }
}

TEST(InvoiceNumber, DiffersForEachCounterOfASeriesInEveryFormat) {
    for (const char* format : {"{year}{counter:1}", "{counter}{year}", "1{counter:3}-{year}"}) {
        std::set<std::string> texts;
        for (const int year : {2026, 2027, 9999}) {
            for (std::int64_t counter = 1; counter <= 3000; ++counter) {
                texts.insert(to_text(Number{"TG", year, counter}, format));
            }
        }
        EXPECT_EQ(texts.size(), 9000u) << format;
    }
}

TEST(InvoiceNumber, SeriesAreShortAndPlain) {
    EXPECT_TRUE(is_series("TG"));
    EXPECT_TRUE(is_series("DE-7"));
    for (const char* text : {"", "tg", "T G", "-T", "T-", "ABCDEFGHIJKLMNOPQ", "T/1", "Ü"}) {
        EXPECT_FALSE(is_series(text)) << text;
    }
}

}  // namespace
}  // namespace invoicing
