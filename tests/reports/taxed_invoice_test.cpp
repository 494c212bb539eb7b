// Taxes and parties on an invoice as people read it: what is shown adds up, and what must be said
// is.
#include <regex>

#include "invoicing/builders.h"
#include "reports/invoice_page.h"

namespace reports {
namespace {

using builders::decimal;
using builders::Row;
using invoicing::TaxCategory;
using testing::HasSubstr;
using testing::Not;

invoicing::DraftInput input(invoicing::TaxTerms tax) {
    invoicing::DraftInput input =
        builders::input({Row("a").plan("dear").priced("1", "1"),
                         Row("b").plan("dear").period("2026-09").priced("0.001", "1")});
    input.issuer = {.name = "Issuer & Co",
                    .address = "never shown",
                    .street = {"Weg 1"},
                    .city = "Berlin",
                    .postal_code = "10115",
                    .country = "DE",
                    .vat_id = "DE1<",
                    .registration_id = "HRB 7",
                    .email = "billing@issuer.example",
                    .iban = "DE89370400440532013000",
                    .bic = "COBADEFFXXX"};
    input.customer = {.name = "acme", .vat_id = "FR23456789012"};
    input.tax = std::move(tax);
    // September was taxed at 7 %: of 0.06 that is nothing, but it is said.
    input.invoiced = {{.model = lifecycle::ModelName("openai-community/gpt2"),
                       .plan = "dear",
                       .period = "2026-09",
                       .amount = decimal("1"),
                       .numbers = {"TG-2026-000001"},
                       .tax = make_tax_terms(TaxCategory::standard, decimal("7"), "")}};
    return input;
}

invoicing::Invoice issued(const invoicing::DraftInput& input) {
    const auto draft = invoicing::make_draft(input, builders::fake_digest);
    EXPECT_TRUE(draft.obstacles.empty());
    invoicing::Invoice invoice = draft.invoice;
    invoice.number = "TG-2026-000002";
    invoice.issued_at = calendar::parse_instant("2026-11-01T00:00:00Z");
    invoice.due_date = "2026-11-15";
    return invoice;
}

std::string page_of(const invoicing::Invoice& invoice) {
    return invoice_page(
        invoice, [](calendar::Instant at) { return to_text(at); }, get_invoice_template(""));
}

std::string text_of(const invoicing::Invoice& invoice) {
    return invoice_text(invoice, show_in(calendar::Zone::utc()));
}

invoicing::TaxTerms standard(std::string_view rate) {
    return make_tax_terms(TaxCategory::standard, decimal(rate), "");
}

TEST(TaxedInvoice, TextShowsNetEachTaxAndTotal) {
    const std::string text = text_of(issued(input(standard("19"))));
    EXPECT_THAT(text, HasSubstr("\nNet 60.06 USD\nVAT 7 %: 0.00 on 0.06 USD\nVAT 19 %: 11.40 on "
                                "60.00 USD\nTotal 71.46 USD\nPay to IBAN DE89370400440532013000, "
                                "BIC COBADEFFXXX\n"));
    EXPECT_THAT(text, HasSubstr("From      Issuer & Co\n          Weg 1\n          10115 Berlin\n"
                                "          DE\n          VAT DE1<\n          Registered HRB 7\n"
                                "          billing@issuer.example\nTo        acme\n"
                                "          VAT FR23456789012\n"));
    EXPECT_THAT(text, HasSubstr("Due       2026-11-15\n"));
    EXPECT_THAT(text, Not(HasSubstr("never shown")));
}

money::Decimal sum_of(const std::string& page, const std::regex& cell) {
    money::Decimal sum;
    for (std::sregex_iterator at(page.begin(), page.end(), cell), end; at != end; ++at) {
        sum += decimal((*at)[1].str());
    }
    return sum;
}

TEST(TaxedInvoice, WhatThePageShowsAddsUp) {
    for (const char* rate : {"19", "8.25", "0.01", "100"}) {
        const std::string page = page_of(issued(input(standard(rate))));
        const std::string body = page.substr(0, page.find("<tfoot>"));
        const std::string foot = page.substr(page.find("<tfoot>"));
        const std::regex payable(R"re(<td class="n payable">(-?[0-9.]+)</td>)re");
        const std::regex taxed(R"re(on (-?[0-9.]+)</td>)re");
        const std::regex tax(R"re(<td class="n">(-?[0-9.]+)</td>)re");
        const money::Decimal net = sum_of(body, payable);
        const std::string end = foot.substr(0, foot.find("</tfoot>"));
        EXPECT_EQ(to_text(sum_of(end, taxed)), to_text(net)) << rate;
        // The foot's payable cells are the net and the total.
        EXPECT_EQ(to_text(sum_of(end, payable)), to_text(net + net + sum_of(end, tax))) << rate;
        EXPECT_FALSE(net.is_zero());
    }
}

TEST(TaxedInvoice, PageShowsPartiesTermsAndWhereToPay) {
    const std::string page = page_of(issued(input(standard("19"))));
    for (const char* part :
         {"Issuer &amp; Co", ">Weg 1<", ">10115 Berlin<", ">VAT DE1&lt;<", ">Registered HRB 7<",
          ">billing@issuer.example<", ">VAT FR23456789012<", "<dt>Due</dt><dd>2026-11-15</dd>",
          "Payable by 2026-11-15 to IBAN DE89370400440532013000, BIC COBADEFFXXX", ">VAT 19 %<"}) {
        EXPECT_THAT(page, HasSubstr(part));
    }
    EXPECT_THAT(page, Not(HasSubstr("never shown")));
}

TEST(TaxedInvoice, UnderReverseChargeSaysSoAndNamesBothIds) {
    const auto invoice = issued(input(make_tax_terms(TaxCategory::reverse_charge, {}, "")));
    for (const std::string& shown : {page_of(invoice), text_of(invoice)}) {
        EXPECT_THAT(shown, HasSubstr(std::string(invoicing::reverse_charge_text)));
        EXPECT_THAT(shown, HasSubstr("VAT DE1"));
        EXPECT_THAT(shown, HasSubstr("VAT FR23456789012"));
        EXPECT_THAT(shown, HasSubstr("Reverse charge"));
    }
    EXPECT_EQ(to_text(invoice.total), "60.06");
}

TEST(TaxedInvoice, OutOfScopeSaysItsTextAndWithoutOneNothingOfTax) {
    const auto shown = issued(
        input(make_tax_terms(TaxCategory::out_of_scope, {}, "Services <outside> the Union.")));
    EXPECT_THAT(page_of(shown), HasSubstr("Services &lt;outside&gt; the Union."));
    EXPECT_THAT(text_of(shown), HasSubstr("Services <outside> the Union."));
    auto silent = input({});
    silent.rows.pop_back();
    EXPECT_THAT(page_of(issued(silent)), Not(HasSubstr(">Net<")));
    EXPECT_THAT(text_of(issued(silent)), Not(HasSubstr("Net ")));
    EXPECT_THAT(page_of(issued(silent)), Not(HasSubstr("scope")));
}

}  // namespace
}  // namespace reports
