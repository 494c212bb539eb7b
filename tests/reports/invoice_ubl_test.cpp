// What an invoice says as UBL, and what it cannot say. That it is valid: invoice_corpus_test.cpp.
#include "reports/invoice_ubl.h"

#include <stdexcept>

#include "reports/invoice_corpus.h"

namespace reports {
namespace {

using invoicing::Invoice;
using invoicing::TaxCategory;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Invoice named(const std::string& name) {
    for (const auto& each : invoice_corpus::make(1, 0)) {
        if (each.name == name) return each.invoice;
    }
    throw std::out_of_range(name);
}

UblDocument ubl(const Invoice& invoice) {
    return invoice_ubl(invoice, calendar::find_zone(invoice.timezone).value());
}

std::string xml_of(const std::string& name) {
    const UblDocument document = ubl(named(name));
    EXPECT_THAT(document.faults, testing::IsEmpty());
    return document.xml;
}

void expect_all(const std::string& xml, const std::vector<const char*>& parts) {
    for (const char* part : parts) EXPECT_THAT(xml, HasSubstr(part));
}

TEST(InvoiceUbl, SaysWhoOwesWhatAndWhen) {
    expect_all(
        xml_of("standard"),
        {"<cbc:ID>R2026/1</cbc:ID>", "<cbc:IssueDate>2026-11-01</cbc:IssueDate>",
         "<cbc:DueDate>2026-11-15</cbc:DueDate>", "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>",
         "<cbc:BuyerReference>acme &amp; &lt;co&gt;</cbc:BuyerReference>",
         "<cbc:StartDate>2026-10-01</cbc:StartDate>", "<cbc:EndDate>2026-10-31</cbc:EndDate>",
         "<cbc:EndpointID schemeID=\"9930\">DE123456789</cbc:EndpointID>",
         "<cbc:RegistrationName>Zähler &amp; Söhne &lt;GmbH&gt;</cbc:RegistrationName>",
         "<cbc:PaymentMeansCode>58</cbc:PaymentMeansCode>",
         "<cbc:ID>DE89370400440532013000</cbc:ID>", "<cbc:ID>COBADEFFXXX</cbc:ID>",
         "<cbc:PayableAmount currencyID=\"EUR\">72.61</cbc:PayableAmount>"});
}

TEST(InvoiceUbl, PricesAMillionOfWhatNoUnitCodeNames) {
    expect_all(xml_of("standard"),
               {"<cbc:InvoicedQuantity unitCode=\"C62\">43200</cbc:InvoicedQuantity>",
                "<cbc:Name>openai-community/gpt2 (GB-seconds)</cbc:Name>",
                "<cbc:PriceAmount currencyID=\"EUR\">16.6667</cbc:PriceAmount>",
                "<cbc:BaseQuantity unitCode=\"C62\">1000000</cbc:BaseQuantity>",
                "59.5 s used + 0.5 s rounding + 0 s minimum = 60 s billable"});
}

TEST(InvoiceUbl, OfACreditNoteSaysWhatIsCreditedInPositiveAmounts) {
    const std::string xml = xml_of("credit");
    expect_all(xml, {"<CreditNote ", "<cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>",
                     "<cbc:ID>TG-2026-000001</cbc:ID>",
                     "<cbc:CreditedQuantity unitCode=\"C62\">19.98</cbc:CreditedQuantity>",
                     "<cbc:LineExtensionAmount currencyID=\"EUR\">19.98<",
                     "<cbc:StartDate>2026-09-01</cbc:StartDate>",
                     "<cbc:Note>The amount is owed to the customer.</cbc:Note>",
                     "the end is known &lt;now&gt;"});
    EXPECT_THAT(xml, Not(HasSubstr("DueDate")));
    EXPECT_THAT(xml, Not(HasSubstr("PaymentMeans")));
    EXPECT_THAT(xml, Not(HasSubstr("\">-")));
    EXPECT_THAT(xml, Not(HasSubstr("<cbc:Value>-")));
}

TEST(InvoiceUbl, WhatTakesACreditNoteBackIsAnInvoice) {
    expect_all(xml_of("credit-back"),
               {"<Invoice ", "<cbc:InvoiceTypeCode>380<",
                "<cbc:Note>Takes back R2026/25: wrong &amp; &lt;withdrawn&gt; \ufffd</cbc:Note>",
                "<cac:InvoiceDocumentReference>\n      <cbc:ID>R2026/25</cbc:ID>",
                "<cbc:InvoicedQuantity unitCode=\"C62\">19.98</cbc:InvoicedQuantity>"});
}

TEST(InvoiceUbl, WhatIsTakenOffHasANegativeQuantityAndNoNegativePrice) {
    const std::string by_hand = xml_of("by-hand");
    expect_all(by_hand, {"<cbc:InvoicedQuantity unitCode=\"C62\">-1</cbc:InvoicedQuantity>",
                         "<cbc:LineExtensionAmount currencyID=\"EUR\">-12.34<",
                         "<cbc:PriceAmount currencyID=\"EUR\">12.34<",
                         "<cbc:Name>Credit =credit</cbc:Name>"});
    const std::string credit = xml_of("by-hand-credit");
    expect_all(credit, {"<cbc:CreditedQuantity unitCode=\"C62\">1</cbc:CreditedQuantity>",
                        "<cbc:LineExtensionAmount currencyID=\"USD\">7.77<",
                        "<cbc:CreditedQuantity unitCode=\"C62\">-1</cbc:CreditedQuantity>",
                        "<cbc:LineExtensionAmount currencyID=\"USD\">-0.50<"});
    EXPECT_THAT(by_hand + credit, Not(HasSubstr("PriceAmount currencyID=\"EUR\">-")));
}

TEST(InvoiceUbl, SaysWhyThereIsNoTax) {
    expect_all(xml_of("reverse"),
               {"<cbc:ID>AE</cbc:ID>", "<cbc:Percent>0</cbc:Percent>", ">VATEX-EU-AE<",
                "<cbc:CompanyID>DE123456789<", "<cbc:CompanyID>FR23456789012<"});
    const std::string zero = xml_of("zero");
    EXPECT_THAT(zero, HasSubstr("<cbc:Note>Zero-rated &lt;export&gt;</cbc:Note>"));
    EXPECT_THAT(zero, Not(HasSubstr("TaxExemption")));
    const std::string out = xml_of("out-text");
    expect_all(out, {">VATEX-EU-O<", "<cbc:TaxExemptionReason>Beyond &amp; away<"});
    EXPECT_THAT(out, Not(HasSubstr("Percent")));
    EXPECT_THAT(out, Not(HasSubstr("PartyTaxScheme")));
    EXPECT_THAT(out, HasSubstr("<cbc:CompanyID>HRB 7</cbc:CompanyID>"));
}

TEST(InvoiceUbl, PrintsNoDecimalsOfACurrencyWithoutThem) {
    expect_all(xml_of("yen-fraction"),
               {"<cbc:PayableAmount currencyID=\"JPY\">223<", "<cbc:PaymentMeansCode>30<",
                "<cbc:PriceAmount currencyID=\"JPY\">142857.142857142857<"});
}

TEST(InvoiceUbl, KeepsAddressLinesBeyondTheThird) {
    expect_all(xml_of("odd"), {"<cbc:StreetName>&lt;1&gt;<", "<cbc:AdditionalStreetName>\ufffd 2<",
                               "<cbc:Line>3, four, and, 5<"});
}

TEST(InvoiceUbl, NamesAllThatIsMissingAndWhereItIsSet) {
    Invoice invoice = named("reverse");
    invoice.issuer = {};
    invoice.customer = {.name = "acme"};
    invoice.account = "acme";
    const UblDocument document = ubl(invoice);
    EXPECT_THAT(document.xml, testing::IsEmpty());
    EXPECT_THAT(
        document.faults,
        ElementsAre("the issuer's electronic address is missing (issuer.electronic_address)",
                    "the issuer's scheme of the electronic address is missing "
                    "(issuer.electronic_scheme)",
                    "the issuer's country is missing (issuer.country)",
                    "the customer's electronic address is missing (tollgate account set acme "
                    "--electronic-address)",
                    "the customer's scheme of the electronic address is missing (tollgate account "
                    "set acme --electronic-scheme)",
                    "the customer's country is missing (tollgate account set acme --country)",
                    "the issuer's name is missing (issuer.name)",
                    "the issuer's VAT id is missing (issuer.vat_id)",
                    "the customer's VAT id is missing (tollgate account set acme --vat-id)"));
}

TEST(InvoiceUbl, RefusesWhatTheStandardHasNoPlaceFor) {
    struct Case {
        const char* name;
        void (*change)(Invoice&);
        const char* fault;
    };
    const Case cases[] = {
        {"standard", [](Invoice& invoice) { invoice.number.reset(); }, "it is a draft, not issued"},
        {"standard", [](Invoice& invoice) { invoice.lines.clear(); }, "it has no line"},
        {"standard",
         [](Invoice& invoice) { invoice.currency = money::find_currency("KWD").value(); },
         "amounts in KWD have 3 decimals, EN 16931 allows two"},
        {"standard",
         [](Invoice& invoice) {
             invoice.taxes.push_back(invoice.taxes.front());
             invoice.taxes.back().terms = {};
         },
         "a part of it is outside the scope of VAT: EN 16931 wants that on a document of its own"},
        {"standard", [](Invoice& invoice) { invoice.issuer.country = "UK"; },
         "the issuer's country UK is none of ISO 3166 (issuer.country)"},
        {"standard", [](Invoice& invoice) { invoice.issuer.vat_id = "123456789"; },
         "the issuer's VAT id 123456789 does not begin with its country's code (issuer.vat_id)"},
        {"out", [](Invoice& invoice) { invoice.issuer.registration_id = " "; },
         "the issuer's registration id, the one that may be on it outside the scope of VAT, is "
         "missing (issuer.registration_id)"},
    };
    for (const Case& each : cases) {
        Invoice invoice = named(each.name);
        each.change(invoice);
        EXPECT_THAT(ubl(invoice).faults, ElementsAre(each.fault));
    }
    Invoice greek = named("standard");
    greek.customer.vat_id = "EL123456789";
    EXPECT_THAT(ubl(greek).faults, testing::IsEmpty());
}

}  // namespace
}  // namespace reports
