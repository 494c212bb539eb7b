#include "invoicing/tax.h"

#include "invoicing/builders.h"

namespace invoicing {
namespace {

using builders::decimal;
using testing::HasSubstr;
using testing::IsEmpty;

money::Payable payable(std::string_view text, std::string_view code = "EUR") {
    return money::Payable::parse(text, builders::currency(code)).value();
}

TaxTerms standard(std::string_view rate) {
    return make_tax_terms(TaxCategory::standard, decimal(rate), "");
}

TEST(Tax, CategoriesHaveTheirNamesAndCodes) {
    const std::pair<TaxCategory, std::pair<const char*, const char*>> table[] = {
        {TaxCategory::standard, {"standard", "S"}},
        {TaxCategory::zero, {"zero", "Z"}},
        {TaxCategory::reverse_charge, {"reverse_charge", "AE"}},
        {TaxCategory::out_of_scope, {"out_of_scope", "O"}}};
    for (const auto& [category, texts] : table) {
        EXPECT_EQ(to_text(category), texts.first);
        EXPECT_EQ(code_of(category), texts.second);
        EXPECT_EQ(parse_tax_category(texts.first), category);
    }
    EXPECT_FALSE(parse_tax_category("S"));
    EXPECT_FALSE(parse_tax_category(""));
}

struct SumCase {
    std::string name;
    std::string currency;
    std::string rate;
    std::vector<std::string> payables;
    std::string taxable;
    std::string tax;
};

class TaxOfASum : public testing::TestWithParam<SumCase> {};

TEST_P(TaxOfASum, IsRoundedOnceHalfUpAwayFromZero) {
    const SumCase& c = GetParam();
    TaxSums sums(builders::currency(c.currency));
    for (const std::string& text : c.payables) {
        sums.add(standard(c.rate), payable(text, c.currency));
    }
    const auto lines = sums.lines();
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(to_text(lines[0].taxable), c.taxable);
    EXPECT_EQ(to_text(lines[0].tax), c.tax);
}

// By hand. Of three_cents each line alone would bear 0.00.
INSTANTIATE_TEST_SUITE_P(
    Table, TaxOfASum,
    testing::Values(SumCase{"exact", "EUR", "19", {"100.00"}, "100.00", "19.00"},
                    SumCase{"three_cents", "EUR", "19", {"0.01", "0.01", "0.01"}, "0.03", "0.01"},
                    SumCase{"half", "EUR", "5", {"0.10"}, "0.10", "0.01"},
                    SumCase{"below_half", "EUR", "4.99", {"0.10"}, "0.10", "0.00"},
                    SumCase{"negative_half", "EUR", "5", {"-0.10"}, "-0.10", "-0.01"},
                    SumCase{"cancelled", "EUR", "19", {"5.00", "-5.00"}, "0.00", "0.00"},
                    SumCase{"two_decimals", "EUR", "8.25", {"10.00"}, "10.00", "0.83"},
                    SumCase{"all_of_it", "EUR", "100", {"0.07"}, "0.07", "0.07"},
                    SumCase{"yen_half", "JPY", "10", {"5"}, "5", "1"},
                    SumCase{"yen_below", "JPY", "10", {"4"}, "4", "0"},
                    SumCase{"dinar_half", "KWD", "5", {"0.010"}, "0.010", "0.001"},
                    SumCase{"unit_of_account", "CLF", "19", {"1.0001"}, "1.0001", "0.1900"}),
    [](const auto& test) { return test.param.name; });

TEST(TaxSums, AreByCategoryAndRateInTheirOrder) {
    TaxSums sums(builders::currency("EUR"));
    sums.add({}, payable("1.00"));
    sums.add(standard("19"), payable("2.00"));
    sums.add(standard("7"), payable("3.00"));
    sums.add(make_tax_terms(TaxCategory::reverse_charge, {}, ""), payable("4.00"));
    sums.add(standard("19.00"), payable("5.00"));
    const auto lines = sums.lines();
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_EQ(describe(lines[0].terms), "VAT 7 %");
    EXPECT_EQ(describe(lines[1].terms), "VAT 19 %");
    EXPECT_EQ(to_text(lines[1].taxable), "7.00");
    EXPECT_EQ(to_text(lines[1].tax), "1.33");
    EXPECT_EQ(lines[2].terms.text, reverse_charge_text);
    EXPECT_EQ(to_text(lines[2].tax), "0.00");
    EXPECT_EQ(lines[3].terms, TaxTerms{});
    EXPECT_THROW(sums.add({}, payable("1", "JPY")), std::invalid_argument);
}

TEST(TaxSums, JoinTheTextsOfOneRateEachOnce) {
    TaxSums sums(builders::currency("EUR"));
    for (const char* text : {"Outside.", "", "Article 44.", "Outside."}) {
        sums.add(make_tax_terms(TaxCategory::out_of_scope, {}, text), payable("1.00"));
    }
    ASSERT_EQ(sums.lines().size(), 1u);
    EXPECT_EQ(sums.lines()[0].terms.text, "Outside. Article 44.");
}

TEST(TaxTerms, OfARateThatCannotBeAreRefused) {
    for (const char* rate : {"0.01", "7", "19.00", "8.25", "100"}) {
        EXPECT_THAT(find_fault(standard(rate)), IsEmpty()) << rate;
    }
    for (const char* rate : {"0", "-1", "100.01", "101", "8.125"}) {
        EXPECT_THAT(find_fault(standard(rate)), HasSubstr("rate")) << rate;
    }
    for (const auto category :
         {TaxCategory::zero, TaxCategory::reverse_charge, TaxCategory::out_of_scope}) {
        EXPECT_THAT(find_fault(make_tax_terms(category, {}, "")), IsEmpty());
        EXPECT_THAT(find_fault(make_tax_terms(category, decimal("1"), "")), HasSubstr("rate"));
    }
    EXPECT_THAT(find_fault(make_tax_terms(TaxCategory::zero, {}, std::string(501, 'x'))),
                HasSubstr("500 bytes"));
    EXPECT_THAT(find_fault(make_tax_terms(TaxCategory::zero, {}, "two\nlines")),
                HasSubstr("a line"));
}

}  // namespace
}  // namespace invoicing
