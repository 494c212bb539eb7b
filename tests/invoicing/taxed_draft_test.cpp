// The taxes of a draft: which terms each line takes, what they come to, what stands in the way.
#include "invoicing/builders.h"
#include "invoicing/document.h"
#include "invoicing/draft.h"
#include "invoicing/due_date.h"

namespace invoicing {
namespace {

using builders::decimal;
using builders::Row;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TaxTerms standard(std::string_view rate) {
    return make_tax_terms(TaxCategory::standard, decimal(rate), "");
}

/// 60 GB-seconds at one a piece.
Row dear(std::string session) {
    return Row(std::move(session)).plan("dear").priced("1", "1");
}

DraftInput taxed(std::vector<ChargeRow> rows, TaxTerms terms) {
    DraftInput input = builders::input(std::move(rows));
    input.issuer.vat_id = "GB123456789";
    input.tax = std::move(terms);
    return input;
}

Draft draft_of(const DraftInput& input) {
    return make_draft(input, builders::fake_digest);
}

Correction correction(std::string_view amount) {
    return {.reference = "r",
            .amount = money::Payable::parse(amount, builders::currency("USD")).value(),
            .author = "ops",
            .reason = "goodwill"};
}

std::vector<std::string> reasons(const Draft& draft) {
    std::vector<std::string> texts;
    for (const Obstacle& obstacle : draft.obstacles) texts.push_back(obstacle.reason);
    return texts;
}

TEST(TaxedDraft, WithoutTermsIsOutOfScopeAndSaysNothingOfTax) {
    const Invoice invoice = builders::draft({dear("a")}).invoice;
    EXPECT_EQ(to_text(invoice.net), "60.00");
    EXPECT_EQ(to_text(invoice.tax), "0.00");
    EXPECT_EQ(to_text(invoice.total), "60.00");
    ASSERT_EQ(invoice.taxes.size(), 1u);
    EXPECT_EQ(invoice.taxes[0].terms, TaxTerms{});
    EXPECT_THAT(to_json(invoice, Layout::compact), testing::Not(HasSubstr("tax")));
}

TEST(TaxedDraft, AddsTheTaxOfTheRoundedLines) {
    // 60.00 and 0.01 (of 0.006) at 19 %: 11.4019.
    const Draft draft =
        draft_of(taxed({dear("a"), Row("b").plan("yen").priced("0.04", "0.0025")}, standard("19")));
    EXPECT_THAT(reasons(draft), IsEmpty());
    EXPECT_EQ(to_text(draft.invoice.net), "60.01");
    EXPECT_EQ(to_text(draft.invoice.tax), "11.40");
    EXPECT_EQ(to_text(draft.invoice.total), "71.41");
    EXPECT_EQ(to_text(draft.invoice.total_exact.value()), "60.006");
}

TEST(TaxedDraft, ACorrectionByHandTakesThePresentTerms) {
    DraftInput input = taxed({dear("a")}, standard("20"));
    input.corrections = {correction("-10.00")};
    const Invoice invoice = draft_of(input).invoice;
    EXPECT_EQ(invoice.corrections[0].tax, standard("20"));
    EXPECT_EQ(to_text(invoice.net), "50.00");
    EXPECT_EQ(to_text(invoice.total), "60.00");
}

struct SupplyCase {
    std::string name;
    std::string model;   // of the charge that comes late
    std::string period;  // of it
    std::string rate;    // that its line bears
};

class LateSupply : public testing::TestWithParam<SupplyCase> {};

// September was invoiced: one model at 19 %, another at 7 %. The account's rate is 20 % now.
TEST_P(LateSupply, BearsTheTaxOfItsTime) {
    const SupplyCase& c = GetParam();
    DraftInput input = taxed({dear("late").model(c.model).period(c.period)}, standard("20"));
    for (const auto& [model, rate] : {std::pair("a/old", "19"), std::pair("b/old", "7")}) {
        input.invoiced.push_back({.model = lifecycle::ModelName(model),
                                  .plan = "dear",
                                  .period = "2026-09",
                                  .amount = decimal("1"),
                                  .numbers = {"TG-2026-000001"},
                                  .tax = standard(rate)});
    }
    const Draft draft = draft_of(input);
    EXPECT_THAT(reasons(draft), IsEmpty());
    ASSERT_EQ(draft.invoice.lines.size(), 1u);
    EXPECT_EQ(to_text(draft.invoice.lines[0].tax.rate), c.rate);
}

INSTANTIATE_TEST_SUITE_P(
    Table, LateSupply,
    testing::Values(SupplyCase{"corrects_a_line", "b/old", "2026-09", "7"},
                    SupplyCase{"new_line_of_an_invoiced_period", "c/new", "2026-09", "19"},
                    SupplyCase{"period_that_no_invoice_held", "b/old", "2026-08", "20"},
                    SupplyCase{"usage_of_the_month", "b/old", "2026-10", "20"}),
    [](const auto& test) { return test.param.name; });

TEST(TaxedDraft, OfACreditNoteOwesItsTaxBack) {
    DraftInput input =
        taxed({dear("a").period("2026-09").revision(2).negated().corrects("TG-1", "60", "ended")},
              standard("20"));
    input.invoiced = {{.model = lifecycle::ModelName("openai-community/gpt2"),
                       .plan = "dear",
                       .period = "2026-09",
                       .amount = decimal("60"),
                       .numbers = {"TG-1"},
                       .tax = standard("19")}};
    const Invoice invoice = draft_of(input).invoice;
    EXPECT_EQ(invoice.kind, DocumentKind::credit_note);
    EXPECT_EQ(to_text(invoice.net), "-60.00");
    EXPECT_EQ(to_text(invoice.tax), "-11.40");
    EXPECT_EQ(to_text(invoice.total), "-71.40");
}

TEST(TaxedDraft, NeedsTheIdsThatItsCategoriesAskFor) {
    DraftInput input = taxed({dear("a")}, standard("19"));
    input.issuer.vat_id = "";
    EXPECT_THAT(reasons(draft_of(input)), ElementsAre(HasSubstr("issuer.vat_id")));
    input.tax = make_tax_terms(TaxCategory::reverse_charge, {}, "");
    EXPECT_THAT(reasons(draft_of(input)),
                ElementsAre(HasSubstr("issuer.vat_id"), HasSubstr("account set acme --vat-id")));
    input.issuer.vat_id = "GB123456789";
    input.customer.vat_id = "DE123456789";
    EXPECT_THAT(reasons(draft_of(input)), IsEmpty());
}

TEST(TaxedDraft, OfAWrongPartyOrRateStandsInTheWay) {
    DraftInput input = taxed({dear("a")}, standard("101"));
    input.customer.country = "Germany";
    input.issuer.email = "nobody";
    EXPECT_THAT(reasons(draft_of(input)),
                ElementsAre(HasSubstr("issuer's settings, the e-mail"),
                            HasSubstr("billing data, the country"), HasSubstr("100 percent")));
}

TEST(TaxedDraft, IsReadFromJsonAsItWasWritten) {
    DraftInput input = taxed({dear("a"), dear("b").period("2026-09")}, standard("19.50"));
    input.issuer.street = {"Weg 1", "Hof"};
    input.issuer.iban = "DE89370400440532013000";
    input.customer.electronic_address = "DE123456789";
    input.customer.electronic_scheme = "9930";
    input.corrections = {correction("-1.00")};
    input.payment_days = 14;
    const Invoice invoice = draft_of(input).invoice;
    const std::string text = to_json(invoice, Layout::compact);
    const Invoice read = parse_invoice(text);
    EXPECT_EQ(to_json(read, Layout::compact), text);
    EXPECT_EQ(read.issuer, invoice.issuer);
    EXPECT_EQ(read.customer, invoice.customer);
    EXPECT_EQ(read.lines[1].tax, standard("19.5"));
    EXPECT_EQ(to_text(read.tax), "23.21");  // 19.5 % of 119.00 is 23.205
    EXPECT_THAT(text, HasSubstr(R"("taxes":[{"category":"standard","rate":"19.5",)"
                                R"("taxable":"119.00","tax":"23.21"}])"));
    EXPECT_THAT(text, HasSubstr(R"("payment_days":14)"));
}

TEST(DueDate, CountsFromTheDayOfIssueInTheInvoicesZone) {
    struct Case {
        const char* zone;
        const char* issued_at;
        std::int64_t days;
        const char* due;
    };
    for (const Case& c : {Case{"UTC", "2026-10-31T20:00:00Z", 14, "2026-11-14"},
                          Case{"Asia/Kolkata", "2026-10-31T20:00:00Z", 14, "2026-11-15"},
                          Case{"America/New_York", "2026-03-01T03:00:00Z", 1, "2026-03-01"},
                          Case{"UTC", "2028-02-01T00:00:00Z", 28, "2028-02-29"},
                          Case{"UTC", "2026-12-31T23:59:59Z", 366, "2028-01-01"},
                          Case{"UTC", "2026-10-31T20:00:00Z", 0, ""}}) {
        Invoice invoice = builders::draft({dear("a")}).invoice;
        invoice.payment_days = c.days;
        const calendar::Zone zone = calendar::find_zone(c.zone).value();
        EXPECT_EQ(due_date_of(invoice, zone), "") << "a draft";
        invoice.issued_at = calendar::parse_instant(c.issued_at);
        EXPECT_EQ(due_date_of(invoice, zone), c.due) << c.zone << c.issued_at;
        invoice.kind = DocumentKind::credit_note;
        EXPECT_EQ(due_date_of(invoice, zone), "");
    }
}

struct CurrencyCase {
    std::string currency;
    std::string net;
    std::string tax;
    std::string total;
};

class TaxInMinorUnits : public testing::TestWithParam<CurrencyCase> {};

// 60 GB-seconds at 0.20025 are 12.015; by hand at 10 %.
TEST_P(TaxInMinorUnits, RoundsTheLineAndThenItsTaxAndIsReadAsWritten) {
    const CurrencyCase& c = GetParam();
    DraftInput input =
        taxed({dear("a").priced("1", "0.20025").in_currency(c.currency)}, standard("10"));
    input.currency = builders::currency(c.currency);
    input.unit_prices["dear"] = decimal("0.20025");
    const Draft draft = draft_of(input);
    EXPECT_THAT(reasons(draft), IsEmpty());
    const Invoice read = parse_invoice(to_json(draft.invoice, Layout::compact));
    for (const Invoice& invoice : {draft.invoice, read}) {
        EXPECT_EQ(to_text(invoice.net), c.net);
        EXPECT_EQ(to_text(invoice.tax), c.tax);
        EXPECT_EQ(to_text(invoice.total), c.total);
        EXPECT_EQ(to_text(invoice.total_exact.value()), "12.015");
    }
}

INSTANTIATE_TEST_SUITE_P(Table, TaxInMinorUnits,
                         testing::Values(CurrencyCase{"JPY", "12", "1", "13"},
                                         CurrencyCase{"EUR", "12.02", "1.20", "13.22"},
                                         CurrencyCase{"KWD", "12.015", "1.202", "13.217"},
                                         CurrencyCase{"UYW", "12.0150", "1.2015", "13.2165"}),
                         [](const auto& test) { return test.param.currency; });

TEST(TaxedDraft, DocumentsFromBeforeThereWereTaxesHaveTheirSumsAsTheyWere) {
    const Invoice before = builders::draft({dear("a")}).invoice;
    const Invoice read = parse_invoice(to_json(before, Layout::compact));
    EXPECT_EQ(to_text(read.net), "60.00");
    EXPECT_EQ(to_text(read.tax), "0.00");
    ASSERT_EQ(read.taxes.size(), 1u);
    EXPECT_EQ(to_text(read.taxes[0].taxable), "60.00");
    EXPECT_EQ(builders::fake_digest(canonical_inputs(read)), before.digest);
}

}  // namespace
}  // namespace invoicing
