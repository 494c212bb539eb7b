#include "invoicing/number.h"

namespace invoicing {
namespace {

TEST(InvoiceNumber, IsSeriesYearAndSixDigits) {
    EXPECT_EQ(to_text(Number{"TG", 2026, 1}), "TG-2026-000001");
    EXPECT_EQ(to_text(Number{"A-B", 2031, 1'234'567}), "A-B-2031-1234567");
}

TEST(InvoiceNumber, IsReadAsItIsWritten) {
    for (const Number& number : {Number{"TG", 2026, 1}, Number{"A-B", 2031, 1'234'567}}) {
        EXPECT_EQ(parse_number(to_text(number)), number);
    }
    for (const char* text : {"", "TG", "TG-2026", "TG-2026-1", "TG-2026-000000", "-2026-000001",
                             "tg-2026-000001", "TG-26-000001", "TG-2026-00000x", "TG--2026-000001",
                             "TG-2026-+00001", "TG-2026-0000001"}) {
        EXPECT_FALSE(parse_number(text)) << text;
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
