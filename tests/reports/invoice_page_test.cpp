#include "reports/invoice_page.h"

#include <fstream>

#include "invoicing/builders.h"
#include "support/temporary_directory.h"

namespace reports {
namespace {

using builders::Row;
using testing::HasSubstr;
using testing::Not;

std::string show(calendar::Instant instant) {
    return to_text(instant);
}

invoicing::Invoice issued(std::vector<invoicing::ChargeRow> rows) {
    invoicing::Invoice invoice = builders::draft(std::move(rows)).invoice;
    invoice.number = "TG-2026-000001";
    invoice.issued_at = calendar::parse_instant("2026-11-01T00:00:00Z");
    return invoice;
}

std::string page_of(const invoicing::Invoice& invoice) {
    return invoice_page(invoice, show, get_invoice_template(""));
}

TEST(InvoicePage, EscapesEveryValue) {
    const std::string bad = "<script>alert(\"1\")</script>&'";
    invoicing::Invoice invoice =
        issued({Row("s<i>").model(bad), Row("t").model(bad).period("2026-09")});
    for (invoicing::Party* party : {&invoice.issuer, &invoice.customer}) {
        *party = {.name = bad, .address = bad + "\n" + bad, .country = bad, .vat_id = bad};
    }
    invoice.number = invoice.month = invoice.timezone = invoice.account = invoice.digest = bad;
    invoice.account_id = lifecycle::AccountId(bad);
    for (auto& line : invoice.lines) line.plan = line.period = bad;
    for (auto& entry : invoice.sessions) {
        entry.plan = entry.period = entry.gb = bad;
        entry.key = lifecycle::KeyFingerprint("<b>");
    }
    const std::string page = page_of(invoice);
    EXPECT_THAT(page, Not(HasSubstr("<script")));
    EXPECT_THAT(page, Not(HasSubstr("<i>")));
    EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&apos;"));
}

TEST(InvoicePage, ShowsWhatEveryAmountIsMadeOf) {
    const std::string page = page_of(issued({Row("a"), Row("b").period("2026-09")}));
    for (const char* part :
         {"TG-2026-000001", "Asia/Kolkata", "0.0000166667", "16.6667 per million", "0.000500001",
          "59.5 s used + 0.5 s rounding + 0 s minimum = 60 s billable", "0.50 × 1",
          "2026-10-05T10:00:00Z<br>2026-10-05T10:00:59.5Z", "Adjustment of 2026-09",
          "Invoiced before 0, now 0.000500001", "SHA-256"}) {
        EXPECT_THAT(page, HasSubstr(part));
    }
}

TEST(InvoicePage, ShowsOfAnAdjustmentWhatItCorrectsAndWhy) {
    const std::string page = page_of(issued(
        {Row("a").period("2026-09").revision(2).corrects("TG-2026-000001", "1", "the <b> end")}));
    EXPECT_THAT(page, HasSubstr("now 0.000500001, difference 0.000500001<br>the &lt;b&gt; end "
                                "[evidence: start by modified, end by delete_answer]"));
    EXPECT_THAT(page, HasSubstr("Invoiced before 1 (TG-2026-000001), now 1.000500001, difference "
                                "0.000500001: <bdi>the &lt;b&gt; end</bdi>. Evidence: start by"));
    EXPECT_THAT(page_of(issued({Row("a")})), Not(HasSubstr("Evidence")));
}

TEST(InvoicePage, ACreditNoteSaysSoAndWhatItCorrects) {
    invoicing::Invoice invoice = issued({Row("a")});
    EXPECT_THAT(page_of(invoice), HasSubstr("<title>Invoice TG-2026-000001 "));
    EXPECT_THAT(page_of(invoice), Not(HasSubstr("orrects")));
    invoice.kind = invoicing::DocumentKind::credit_note;
    invoice.corrects = {"TG-2026-000000"};
    EXPECT_THAT(page_of(invoice), HasSubstr("<title>Credit note TG-2026-000001 "));
    EXPECT_THAT(page_of(invoice), HasSubstr("<h1>Credit note</h1>"));
    EXPECT_THAT(page_of(invoice), HasSubstr("<dt>Corrects</dt><dd>TG-2026-000000</dd>"));
}

TEST(InvoicePage, ShowsWhereTheChainsStood) {
    invoicing::Invoice invoice = issued({Row("s")});
    EXPECT_THAT(page_of(invoice), Not(HasSubstr("Head of the chain")));
    invoice.chain_heads = {{.gateway = "gw<1>", .facts = 12, .last_sequence = 40, .hash = "abc1"}};
    EXPECT_THAT(page_of(invoice),
                HasSubstr("chain of 12 facts that gateway <bdi>gw&lt;1&gt;</bdi>"));
    EXPECT_THAT(page_of(invoice), HasSubstr("<code>abc1</code>"));
}

TEST(InvoicePage, NamesAVatIdOnlyWhereThereIsOne) {
    invoicing::Invoice invoice = issued({Row("a")});
    invoice.issuer.vat_id = invoice.customer.vat_id = "";
    EXPECT_THAT(page_of(invoice), Not(HasSubstr(">VAT")));
    invoice.customer.vat_id = "DE123456789";
    EXPECT_THAT(page_of(invoice), HasSubstr(">VAT DE123456789<"));
}

TEST(InvoicePage, NeedsNothingFromOutside) {
    const std::string page = page_of(issued({Row("a")}));
    for (const char* part :
         {"http://", "https://", "url(", "@import", "<link", "<img", "<script"}) {
        EXPECT_THAT(page, Not(HasSubstr(part))) << part;
    }
}

TEST(InvoicePage, ADraftSaysSo) {
    invoicing::Invoice invoice = issued({Row("a")});
    invoice.number.reset();
    invoice.accrued_to = calendar::parse_instant("2026-10-20T00:00:00Z");
    const std::string page = page_of(invoice);
    EXPECT_THAT(page, HasSubstr("<h1>Draft invoice</h1>"));
    EXPECT_THAT(page, HasSubstr("2026-10-20T00:00:00Z"));
    EXPECT_THAT(page_of(issued({Row("a")})), Not(HasSubstr("Draft")));
}

TEST(InvoicePage, TakesTheTemplatesOfAFolderWhereTheyAre) {
    const support::TemporaryDirectory folder;
    std::ofstream(folder / "invoice.html") << "{{number}}: {{total}}";
    const PageTemplate page = get_invoice_template(folder.path());
    EXPECT_EQ(invoice_page(issued({Row("a")}), show, page), "TG-2026-000001: 0.00");
    EXPECT_THAT(page.style, HasSubstr("@page"));
}

TEST(InvoicePage, RefusesATemplateThatIsNotWellFormedAndAFolderThatIsNone) {
    const PageTemplate broken{.html = "{{#lines}} never closed", .style = ""};
    EXPECT_THROW(invoice_page(issued({Row("a")}), show, broken), std::runtime_error);
    EXPECT_THROW(get_invoice_template("/nowhere/at/all"), std::runtime_error);
}

}  // namespace
}  // namespace reports
