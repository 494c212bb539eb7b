#include "reports/usage_page.h"

#include <gmock/gmock.h>

#include "reports/usage_samples.h"

namespace reports {
namespace {

using invoicing::UsageBy;
using testing::HasSubstr;
using testing::Not;
using usage_samples::entry;
using usage_samples::tally;
using usage_samples::unpriced;

std::string page_of(const invoicing::Usage& usage, const std::string& account = "") {
    return usage_page(usage, {.issuer = "Meter & Söhne", .account = account},
                      get_usage_template(""));
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++found;
    return found;
}

TEST(UsagePage, HasARowOfEachPartBelowItsAccountAndTheTotal) {
    const std::string page =
        page_of(tally(UsageBy::model, {entry("b", "s1", "gpt2"), entry("b", "s2", "<script>"),
                                       entry("a", "s3", "gpt2")}));
    EXPECT_EQ(count(page, "<td class=\"part\">"), 3u);
    EXPECT_THAT(page, HasSubstr("<th colspan=\"7\" dir=\"auto\">a</th>"));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
    EXPECT_THAT(page, Not(HasSubstr("<script>")));
    EXPECT_THAT(page, HasSubstr("Meter &amp; Söhne"));
    EXPECT_THAT(page, HasSubstr("<td class=\"n digits\">0.001500003</td>"));  // the total
    EXPECT_THAT(page, HasSubstr("1 open"));
    EXPECT_THAT(page, HasSubstr("2026-11-01T00:00:00.5Z"));
    EXPECT_THAT(page, Not(HasSubstr("no price yet")));
    EXPECT_THAT(page, Not(HasSubstr("{{")));
}

TEST(UsagePage, OfOneAccountNamesItOnceAbove) {
    const std::string page = page_of(tally(UsageBy::day, {entry("a", "s1", "m")}), "a");
    EXPECT_THAT(page, HasSubstr("Usage 2026-10 by day · a"));
    EXPECT_THAT(page, Not(HasSubstr("class=\"group\"")));
    EXPECT_THAT(page, HasSubstr("<bdi>2026-10-05</bdi>"));
}

TEST(UsagePage, ByAccountIsOneGroup) {
    const std::string page =
        page_of(tally(UsageBy::account, {entry("a", "s1", "m"), entry("b", "s2", "m")}));
    EXPECT_EQ(count(page, "<td class=\"part\">"), 2u);
    EXPECT_EQ(count(page, "<tbody>"), 1u);
}

TEST(UsagePage, SaysWhatHasNoPrice) {
    EXPECT_THAT(page_of(tally(UsageBy::model, {unpriced(entry("a", "s1", "m"))})),
                HasSubstr("1 of the sessions have no price yet"));
}

TEST(UsagePage, OfNothingIsAPageToo) {
    EXPECT_THAT(page_of(tally(UsageBy::model, {})), HasSubstr("<th>Total</th>"));
}

TEST(UsagePage, ABrokenTemplateIsSaid) {
    EXPECT_THROW(usage_page(tally(UsageBy::model, {}), {}, {.html = "{{#a}}", .style = ""}),
                 std::runtime_error);
}

}  // namespace
}  // namespace reports
