#include "reports/invoice_text.h"

#include "invoicing/builders.h"
#include "reports/invoice_list.h"

namespace reports {
namespace {

using builders::Row;
using testing::HasSubstr;

TEST(InvoiceText, ShowsLinesSessionsAndTotals) {
    invoicing::Invoice invoice = builders::draft({Row("a"), Row("b").unpriced()}).invoice;
    invoice.number = "TG-2026-000001";
    const std::string text = invoice_text(invoice, show_in(*calendar::find_zone("Asia/Kolkata")));
    EXPECT_THAT(text, testing::StartsWith("Invoice TG-2026-000001\n======================\n"));
    EXPECT_THAT(text, HasSubstr("Month     2026-10\nZone      Asia/Kolkata\n"));
    EXPECT_THAT(text, HasSubstr("2026-10-05 15:30:00 +05:30"));
    EXPECT_THAT(text, HasSubstr("2026-10-05 15:30:59.5 +05:30"));
    EXPECT_THAT(text, HasSubstr("unpriced"));
    EXPECT_THAT(text, HasSubstr("0.000500001"));
    EXPECT_THAT(text, HasSubstr(invoice.digest));
}

TEST(InvoiceText, ShowsOfAnAdjustmentWhatItCorrectsAndWhy) {
    const invoicing::Invoice invoice =
        builders::draft({Row("a").period("2026-09").revision(2).corrects("TG-2026-000001", "1",
                                                                         "the \x1b end")})
            .invoice;
    const std::string text = invoice_text(invoice, show_in(calendar::Zone::utc()));
    EXPECT_THAT(text, HasSubstr("(adjustment of 2026-09): invoiced before 0, now 0.000500001, "
                                "difference 0.000500001\n  the \ufffd end [evidence: start by "
                                "modified, end by delete_answer]\n"));
    EXPECT_THAT(text, HasSubstr("a        2026-09                1  TG-2026-000001  1.000500001  "
                                "0.000500001  the \ufffd end  start by modified"));
}

TEST(InvoiceText, ShowsWhatWasEnteredByHandInTheLinesAndWithItsReason) {
    auto input = builders::input({});
    input.corrections.push_back(
        {.sequence = 7,
         .reference = "T-1",
         .amount = *money::Payable::parse("-2.50", builders::currency("USD")),
         .author = "Ada \x1b",
         .reason = "the outage",
         .entered_at = *calendar::parse_instant("2026-10-05T10:00:00Z"),
         .hash = "abc"});
    const auto invoice = invoicing::make_draft(input, builders::fake_digest).invoice;
    const std::string text = invoice_text(invoice, show_in(calendar::Zone::utc()));
    EXPECT_THAT(text, HasSubstr("Credit T-1: the outage\n  entered by Ada \ufffd, 2026-10-05 "
                                "10:00:00 +00:00, entry 7 of the account, hash abc\n"));
    EXPECT_THAT(text, HasSubstr(" -2.5    -2.50\n"));
    EXPECT_THAT(text, HasSubstr("Total -2.50 USD"));
}

TEST(InvoiceText, ACreditNoteSaysSoAndWhatItCorrects) {
    invoicing::Invoice invoice = builders::draft({Row("a")}).invoice;
    invoice.number = "TG-2026-000003";
    invoice.kind = invoicing::DocumentKind::credit_note;
    invoice.corrects = {"TG-2026-000001", "TG-2026-000002"};
    const std::string text = invoice_text(invoice, show_in(calendar::Zone::utc()));
    EXPECT_THAT(text, testing::StartsWith("Credit note TG-2026-000003\n=========="));
    EXPECT_THAT(text, HasSubstr("\nCorrects  TG-2026-000001, TG-2026-000002\n"));
    invoice.number.reset();
    EXPECT_THAT(invoice_text(invoice, show_in(calendar::Zone::utc())),
                testing::StartsWith("Draft credit note\n"));
}

TEST(ShowIn, NamesTheOffset) {
    const auto instant = *calendar::parse_instant("2026-01-05T12:00:00.25Z");
    EXPECT_EQ(show_in(calendar::Zone::utc())(instant), "2026-01-05 12:00:00.25 +00:00");
    EXPECT_EQ(show_in(*calendar::find_zone("America/St_Johns"))(instant),
              "2026-01-05 08:30:00.25 -03:30");
}

TEST(InvoiceList, IsATableCsvAndJson) {
    const auto currency = builders::currency("USD");
    const std::vector<invoicing::Summary> invoices = {
        {.number = "TG-2026-000001",
         .account = "=acme",
         .month = "2026-10",
         .issued_at = *calendar::parse_instant("2026-11-01T00:00:00Z"),
         .total = *money::Payable::parse("12.3", currency),
         .total_exact = money::Amount(builders::decimal("12.29999"), currency),
         .digest = "d",
         .paid = *money::Payable::parse("2.30", currency),
         .net = *money::Payable::parse("10.00", currency),
         .tax = *money::Payable::parse("2.30", currency)},
        {.number = "TG-2026-000002",
         .account = "other",
         .month = "2026-10",
         .issued_at = *calendar::parse_instant("2026-11-01T00:00:00Z"),
         .total = *money::Payable::parse("1", currency),
         .total_exact = money::Amount(builders::decimal("1"), currency),
         .digest = "e",
         .paid = money::Payable::zero(currency),
         .voided_by = "TG-2026-000003",
         .net = *money::Payable::parse("1", currency),
         .tax = money::Payable::zero(currency)}};
    EXPECT_THAT(invoice_table(invoices), HasSubstr("TG-2026-000001  =acme    2026-10"));
    EXPECT_THAT(invoice_csv(invoices),
                HasSubstr("\r\nTG-2026-000001,'=acme,2026-10,2026-11-01T00:00:00Z,USD,12.30,"
                          "12.29999,d,invoice,part paid,2.30,,,10.00,2.30\r\n"));
    EXPECT_THAT(invoice_csv(invoices),
                HasSubstr(",e,invoice,void,0.00,TG-2026-000003,,1.00,0.00\r\n"));
    EXPECT_THAT(invoice_list_json(invoices), HasSubstr("\"voided_by\": \"TG-2026-000003\""));
    EXPECT_THAT(invoice_list_json(invoices), HasSubstr("\"total\": \"12.30\""));
}

}  // namespace
}  // namespace reports
