#include "reports/usage_pdf.h"

#include <gmock/gmock.h>

#include "reports/pdf_reading.h"
#include "reports/usage_samples.h"

namespace reports {
namespace {

using invoicing::UsageBy;
using pdf_reading::output_of;
using pdf_reading::pages_of;
using pdf_reading::text_of;
using testing::HasSubstr;
using testing::Not;
using usage_samples::entry;
using usage_samples::tally;
using usage_samples::unpriced;

std::string pdf_of(const invoicing::Usage& usage, const std::string& account = "") {
    static PdfFonts fonts(default_font_families);
    return usage_pdf(usage, {.issuer = "Issuer", .account = account}, fonts);
}

TEST(UsagePdf, HasEveryRowAndTheExactTotal) {
    const std::string text =
        text_of(pdf_of(tally(UsageBy::model, {entry("b", "s1", "gpt2"), entry("b", "s2", "模型"),
                                              entry("a", "s3", "gpt2")})));
    EXPECT_THAT(text, HasSubstr("Usage"));
    EXPECT_THAT(text, HasSubstr("2026-10 by model"));
    EXPECT_THAT(text, HasSubstr("all accounts"));
    EXPECT_THAT(text, HasSubstr("模型"));
    EXPECT_THAT(text, HasSubstr("0.000500001"));
    EXPECT_THAT(text, HasSubstr("0.001500003"));
    EXPECT_THAT(text, HasSubstr("1 open"));
    EXPECT_THAT(text, Not(HasSubstr("no price yet")));
}

TEST(UsagePdf, GoesOnOverPagesWithItsHead) {
    std::vector<invoicing::UsageEntry> entries;
    for (int i = 0; i < 200; ++i)
        entries.push_back(
            entry("a", "s" + std::to_string(1'000 + i), "m" + std::to_string(1'000 + i)));
    const auto pages = pages_of(pdf_of(tally(UsageBy::model, entries), "a"));
    ASSERT_GT(pages.size(), 2u);
    EXPECT_THAT(pages[1], HasSubstr("Billable s"));
    std::string all;
    for (const auto& page : pages) all += page;
    for (int i = 0; i < 200; ++i) EXPECT_THAT(all, HasSubstr("m" + std::to_string(1'000 + i)));
    EXPECT_THAT(all, HasSubstr("0.1000002"));
}

TEST(UsagePdf, IsTheSameBytesAgainAndDatedByWhatItCounts) {
    const auto usage = tally(UsageBy::day, {entry("a", "s1", "m")});
    const std::string pdf = pdf_of(usage, "a");
    EXPECT_EQ(pdf, pdf_of(usage, "a"));
    const std::string facts = output_of("pdfinfo -isodates", pdf);
    EXPECT_THAT(facts, HasSubstr("2026-11-01T00:00:00"));
    EXPECT_THAT(facts, HasSubstr("Usage 2026-10 by day · a"));
}

TEST(UsagePdf, OfNothingIsAPageToo) {
    EXPECT_THAT(text_of(pdf_of(tally(UsageBy::key, {}))), HasSubstr("Total sessions"));
}

TEST(UsagePdf, SaysWhatHasNoPrice) {
    EXPECT_THAT(text_of(pdf_of(tally(UsageBy::model, {unpriced(entry("a", "s1", "m"))}))),
                HasSubstr("1 of the sessions have no price yet"));
}

}  // namespace
}  // namespace reports
