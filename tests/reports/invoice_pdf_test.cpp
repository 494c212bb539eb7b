#include "reports/invoice_pdf.h"

#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

#include "invoicing/builders.h"
#include "invoicing/totals.h"
#include "reports/pdf_reading.h"

namespace reports {
namespace {

using builders::Row;
using money::Decimal;
using pdf_reading::output_of;
using pdf_reading::pages_of;
using pdf_reading::text_of;
using pdf_reading::without_blanks;
using testing::HasSubstr;
using testing::Not;

PdfFonts& fonts() {
    static PdfFonts shared(default_font_families);
    return shared;
}

std::string pdf_of(const invoicing::Invoice& invoice) {
    return invoice_pdf(invoice, calendar::find_zone(invoice.timezone).value(), fonts());
}

invoicing::Invoice issued(std::vector<invoicing::ChargeRow> rows) {
    invoicing::Invoice invoice = builders::draft(std::move(rows)).invoice;
    invoice.number = "TG-2026-000001";
    invoice.issued_at = calendar::parse_instant("2026-11-01T00:00:00.25Z");
    invoice.chain_heads = {{.gateway = "gw-1", .facts = 12, .last_sequence = 40, .hash = "abc1"}};
    return invoice;
}

// Sessions s10000, s10001 and so on over the month, of several models.
std::vector<invoicing::ChargeRow> many(int count, int models = 1) {
    std::vector<invoicing::ChargeRow> rows;
    const calendar::Instant first = calendar::parse_instant("2026-10-01T00:00:00Z").value();
    for (int i = 0; i < count; ++i) {
        Row row("s" + std::to_string(10'000 + i));
        row.model("model-" + std::to_string(i % models))
            .seconds(std::to_string(60 + 60 * (i % 50)));
        row.row.start = first + calendar::Duration::seconds(1000 * i);
        row.row.end = *row.row.start + calendar::Duration::seconds(59 + 60 * (i % 50)) +
                      calendar::Duration::milliseconds(500);
        rows.push_back(row);
    }
    return rows;
}

void expect_every_amount(const invoicing::Invoice& invoice, const std::string& text) {
    for (const invoicing::Line& line : invoice.lines) {
        EXPECT_THAT(text, HasSubstr(" " + to_text(line.amount.value()) + " "));
        EXPECT_THAT(text, HasSubstr(" " + to_text(line.payable) + "\n"));
        EXPECT_THAT(text, HasSubstr(" " + to_text(line.gb_seconds) + " "));
        EXPECT_THAT(text, HasSubstr(to_text(line.unit_price)));
    }
    for (const invoicing::SessionEntry& entry : invoice.sessions) {
        EXPECT_THAT(text, HasSubstr(" " + to_text(*entry.amount) + "\n"));
    }
    EXPECT_THAT(text, HasSubstr(" " + to_text(invoice.total_exact.value()) + "\n"));
    EXPECT_THAT(text, HasSubstr(" " + to_text(invoice.total) + "\n"));
}

TEST(InvoicePdf, ShowsWhatEveryAmountIsMadeOf) {
    const invoicing::Invoice invoice =
        issued({Row("a"), Row("b").model("other").seconds("7200"), Row("c").seconds("360")});
    const std::string text = text_of(pdf_of(invoice));
    expect_every_amount(invoice, text);
    for (const char* part : {"Invoice",
                             "TG-2026-000001",
                             "Tollgate Ltd",
                             "1 Road",
                             "Billed to",
                             "acme",
                             "acc_1",
                             "Asia/Kolkata",
                             "2026-10-01 to 2026-10-31",
                             "2026-11-01 05:30:00.25 +05:30",
                             "0.0000166667",
                             "16.6667 per million",
                             "419 s used + 1 s rounding + 0 s minimum = 420 s billable",
                             "0.50 × 1",
                             "2026-10-05 15:30:00 +05:30",
                             "2026-10-05 15:30:59.5 +05:30",
                             "Cost per day",
                             "SHA-256",
                             "chain of 12 facts that gateway gw-1",
                             "abc1",
                             "Page 1 of 2",
                             "Page 2 of 2"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
    EXPECT_THAT(text, HasSubstr(invoice.digest));
}

TEST(InvoicePdf, AShortOneIsOnePageAndALongerOneHasItsSessionsOnTheNext) {
    EXPECT_EQ(pages_of(pdf_of(issued(many(3)))).size(), 1u);
    const auto pages = pages_of(pdf_of(issued(many(20))));
    ASSERT_EQ(pages.size(), 2u);
    EXPECT_THAT(pages[0], Not(HasSubstr("Sessions")));
    EXPECT_THAT(pages[1], HasSubstr("Sessions"));
    EXPECT_THAT(pages[1], HasSubstr("SHA-256"));
}

TEST(InvoicePdf, ItsHeadsAndItsNumberAreOnEachPage) {
    const auto pages = pages_of(pdf_of(issued(many(300, 60))));
    ASSERT_GT(pages.size(), 8u);
    std::size_t sessions_from = 0;
    for (std::size_t i = 0; i < pages.size(); ++i) {
        EXPECT_THAT(pages[i], HasSubstr("TG-2026-000001"));
        EXPECT_THAT(pages[i], HasSubstr("Page " + std::to_string(i + 1) + " of " +
                                        std::to_string(pages.size())));
        if (pages[i].find("Start and end") != std::string::npos && sessions_from == 0)
            sessions_from = i;
    }
    ASSERT_GT(sessions_from, 2u);  // the lines go on over pages too
    for (std::size_t i = 0; i < sessions_from; ++i) {
        if (pages[i].find("model-") == std::string::npos) continue;
        EXPECT_THAT(pages[i], HasSubstr("Unit price")) << i;
    }
    for (std::size_t i = sessions_from; i < pages.size(); ++i) {
        if (pages[i].find(" key ") == std::string::npos) continue;
        EXPECT_THAT(pages[i], HasSubstr("Start and end")) << i;
    }
}

TEST(InvoicePdf, OfTwoThousandSessionsTheAmountsSumToTheTotal) {
    const invoicing::Invoice invoice = issued(many(2000, 3));
    const std::string text = text_of(pdf_of(invoice));
    Decimal sum;
    std::size_t count = 0;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t name = line.find_first_not_of(' ');
        if (name == std::string::npos || line.compare(name, 2, "s1") != 0) continue;
        sum += money::parse_decimal(line.substr(line.rfind(' ') + 1)).value();
        ++count;
    }
    EXPECT_EQ(count, 2000u);
    EXPECT_EQ(to_text(sum), to_text(invoice.total_exact.value()));
    EXPECT_THAT(text, HasSubstr("model-1 · Plan bytez-2024-06, continued"));
}

TEST(InvoicePdf, TheSameInvoiceIsTheSameBytes) {
    const invoicing::Invoice invoice = issued(many(50, 4));
    const std::string first = pdf_of(invoice);
    invoicing::Invoice other = issued(many(7));
    other.customer.name = "株式会社 شركة";
    pdf_of(other);
    EXPECT_EQ(pdf_of(invoice), first);
    PdfFonts fresh(default_font_families);
    EXPECT_EQ(invoice_pdf(invoice, calendar::find_zone(invoice.timezone).value(), fresh), first);
    other.customer.name = "another";
    EXPECT_NE(pdf_of(other), first);
}

// What a process that began elsewhere, in another zone and language, makes of it.
std::string made_elsewhere(const invoicing::Invoice& invoice) {
    const support::TemporaryDirectory folder;
    const std::string path = folder / "other.pdf";
    const pid_t child = ::fork();
    if (child == 0) {
        ::setenv("TZ", "Pacific/Kiritimati", 1);
        ::setenv("LANG", "ja_JP.UTF-8", 1);
        ::setenv("LC_ALL", "ja_JP.UTF-8", 1);
        ::setenv("SOURCE_DATE_EPOCH", "1", 1);
        PdfFonts own(default_font_families);
        std::ofstream(path, std::ios::binary)
            << invoice_pdf(invoice, calendar::find_zone(invoice.timezone).value(), own);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

TEST(InvoicePdf, AnotherProcessInAnotherZoneMakesTheSameBytes) {
    invoicing::Invoice invoice = issued(many(50, 4));
    invoice.customer.name = "東京計算機";
    const std::string elsewhere = made_elsewhere(invoice);
    EXPECT_EQ(elsewhere.substr(0, 5), "%PDF-");
    EXPECT_EQ(pdf_of(invoice), elsewhere);
}

TEST(InvoicePdf, SaysOfItselfWhatItIs) {
    const std::string info = output_of("pdfinfo", pdf_of(issued({Row("a")})));
    EXPECT_THAT(info, HasSubstr("Invoice TG-2026-000001 · acme"));
    EXPECT_THAT(info, HasSubstr("GPU inference of 2026-10, account acme"));
    EXPECT_THAT(info, testing::ContainsRegex("Author: +Tollgate Ltd"));
    EXPECT_THAT(info, testing::ContainsRegex("CreationDate: +Sun Nov +1 00:00:00 2026"));
    EXPECT_THAT(info, HasSubstr("A4"));
    invoicing::Invoice draft = builders::draft({Row("a")}).invoice;
    draft.accrued_to = calendar::parse_instant("2026-10-20T07:08:09.5Z");
    EXPECT_THAT(output_of("pdfinfo", pdf_of(draft)),
                testing::ContainsRegex("CreationDate: +Tue Oct 20 07:08:09 2026"));
}

TEST(InvoicePdf, NamesOfAnyScriptAreFound) {
    invoicing::Invoice invoice =
        issued({Row("a").model("日本語モデル"), Row("b").model("نموذج اللغة العربية"),
                Row("c").model("हिन्दी भाषा मॉडल")});
    invoice.customer.name = "株式会社東京計算機";
    invoice.customer.address = "شارع الملك فهد\nनई दिल्ली";
    const std::string text = text_of(pdf_of(invoice));
    for (const char* name : {"日本語モデル", "نموذج اللغة العربية", "हिन्दी भाषा मॉडल",
                             "株式会社東京計算機", "شارع الملك فهد", "नई दिल्ली"}) {
        EXPECT_THAT(text, HasSubstr(name));
    }
    expect_every_amount(invoice, text);
    // A font of its own for each: none is a box with a number.
    const std::string fonts_used = output_of("pdffonts", pdf_of(invoice));
    EXPECT_THAT(fonts_used, HasSubstr("NotoSansArabic"));
    EXPECT_THAT(fonts_used, HasSubstr("NotoSansDevanagari"));
}

TEST(InvoicePdf, WhatNoFontHasIsStillFound) {
    // Characters for private use: no font of the system's packages draws them.
    const std::string name = "model \U000F1234\U000F1235 \U0010FFF0 end";
    const std::string text = text_of(pdf_of(issued({Row("a").model(name)})));
    EXPECT_THAT(without_blanks(text), HasSubstr(without_blanks(name)));
}

// The whole points of `name="12.5"` behind `from`.
int bound_of(const std::string& boxes, const std::string& name, std::size_t from) {
    const std::size_t at = boxes.find(name + "=\"", from);
    return std::stoi(boxes.substr(at + name.size() + 2, 12));
}

// How many there are; each that is not within fails.
int words_within_the_margins(const std::string& pdf) {
    const std::string boxes = output_of("pdftotext -bbox", pdf);
    int words = 0;
    for (std::size_t at = 0; (at = boxes.find("<word ", at)) != std::string::npos; ++at) {
        const std::string word = boxes.substr(at, 120);
        EXPECT_GE(bound_of(boxes, "xMin", at), 45) << word;
        EXPECT_GE(bound_of(boxes, "yMin", at), 30) << word;
        EXPECT_LE(bound_of(boxes, "xMax", at), 550) << word;
        EXPECT_LE(bound_of(boxes, "yMax", at), 820) << word;
        ++words;
    }
    return words;
}

TEST(InvoicePdf, NothingLeavesThePage) {
    const std::string name(300, 'W');
    const std::string digits = "123456789012.123456789012345678901234567890";
    invoicing::Invoice invoice = issued({Row(name).model(name), Row("b").model("a " + name)});
    invoice.customer.name = invoice.issuer.name = name;
    invoice.customer.address = name + "\n" + name;
    invoice.account = name;
    invoice.lines[0].plan = name;
    invoice.lines[1].gb_seconds = *money::parse_decimal(digits);
    const std::string pdf = pdf_of(invoice);
    EXPECT_THAT(without_blanks(text_of(pdf)), HasSubstr(name));
    EXPECT_GT(words_within_the_margins(pdf), 100);
}

TEST(InvoicePdf, ANameLongerThanAPageIsCutToFit) {
    const invoicing::Invoice invoice = issued({Row("a").model(std::string(20'000, 'x'))});
    const std::string pdf = pdf_of(invoice);
    EXPECT_GT(words_within_the_margins(pdf), 50);
    expect_every_amount(invoice, text_of(pdf));
    EXPECT_EQ(pages_of(pdf).size(), 2u);  // the chart and the session on the second
}

TEST(InvoicePdf, ADraftSaysSoAndAnEmptyOneIsAPage) {
    invoicing::Invoice draft = builders::draft({}).invoice;
    draft.accrued_to = calendar::parse_instant("2026-10-20T00:00:00Z");
    const auto pages = pages_of(pdf_of(draft));
    ASSERT_EQ(pages.size(), 1u);
    for (const char* part : {"Draft invoice", "not issued", "So far", "0.00", "Page 1 of 1",
                             "Accrued up to", "2026-10-20 05:30:00 +05:30"}) {
        EXPECT_THAT(pages[0], HasSubstr(part));
    }
    EXPECT_THAT(pages[0], Not(HasSubstr("Cost per day")));
    draft.accrued_to.reset();
    EXPECT_EQ(pdf_of(draft), pdf_of(draft));
}

TEST(InvoicePdf, ACreditNoteSaysSoAndWhatItCorrects) {
    invoicing::Invoice note = issued({Row("a").period("2026-09").revision(2).negated().corrects(
        "TG-2026-000000", "3", "the end is known now")});
    note.kind = invoicing::DocumentKind::credit_note;
    note.corrects = {"TG-2026-000000"};
    note.issuer.iban = "DE89370400440532013000";
    const std::string text = text_of(pdf_of(note));
    for (const char* part :
         {"Credit note", "Corrects", "TG-2026-000000", "Adjustment of 2026-09",
          "Invoiced before 3 (TG-2026-000000), now 2.999499999, difference -0.000500001",
          "the end is known now"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
    EXPECT_THAT(text, Not(HasSubstr("IBAN")));
}

TEST(InvoicePdf, ShowsCorrectionsWithTheirAuthorAndReason) {
    auto input = builders::input({Row("a").seconds("7200000")});
    input.corrections = {{.sequence = 4,
                          .reference = "goodwill-7",
                          .amount = money::Payable::parse("-5", input.currency).value(),
                          .author = "ops@example",
                          .reason = "outage",
                          .entered_at = calendar::parse_instant("2026-10-20T00:00:00Z").value(),
                          .hash = "abcd"}};
    const std::string text = text_of(pdf_of(make_draft(input, builders::fake_digest).invoice));
    for (const char* part :
         {"Credit goodwill-7", "-5.00", "outage", "Entered by ops@example, 2026-10-20 05:30:00",
          "entry 4 of the account, abcd", "-5 of adjustments and corrections"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
}

TEST(InvoicePdf, ShowsNetTaxesAndHowItIsPaid) {
    invoicing::Invoice invoice = issued({Row("a").seconds("7200000"), Row("b").model("m")});
    EXPECT_THAT(text_of(pdf_of(invoice)), Not(HasSubstr("Net")));
    invoice.lines[0].tax = make_tax_terms(invoicing::TaxCategory::standard, Decimal(19), "");
    invoice.lines[1].tax = make_tax_terms(invoicing::TaxCategory::reverse_charge, Decimal(), "");
    const invoicing::Totals totals = totals_of(invoice);
    invoice.taxes = totals.taxes;
    invoice.net = totals.net;
    invoice.tax = totals.tax;
    invoice.total = totals.total;
    invoice.payment_days = 14;
    invoice.due_date = "2026-11-15";
    invoice.issuer.iban = "DE89370400440532013000";
    invoice.issuer.bic = "COBADEFFXXX";
    const std::string text = text_of(pdf_of(invoice));
    for (const char* part :
         {"Net", "VAT 19 % of ", "Reverse charge of ", "Payable by 2026-11-15",
          "IBAN DE89 3704 0044 0532 0130 00", "BIC COBADEFFXXX", "Reference TG-2026-000001"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
    for (const auto& sum : {invoice.net, invoice.taxes.at(0).tax, invoice.total}) {
        EXPECT_THAT(text, HasSubstr(" " + to_text(sum) + "\n"));
    }
    EXPECT_THAT(without_blanks(text),
                HasSubstr(without_blanks(std::string(invoicing::reverse_charge_text))));
}

TEST(InvoicePdf, ControlCharactersAndBytesThatAreNoTextDoNoHarm) {
    invoicing::Invoice invoice = issued({Row("a").model("a\x01\t\nb\xff\xfe")});
    invoice.customer.name = std::string("null \0 inside", 13);
    invoice.customer.address = "\xc3(\n\xed\xa0\x80";
    invoice.issuer.name = "a\xff(b)\\";
    invoice.number = "TG\x02-\xfe(1";
    const std::string pdf = pdf_of(invoice);
    EXPECT_THAT(text_of(pdf), HasSubstr("0.000500001"));
    EXPECT_THAT(output_of("pdfinfo", pdf), HasSubstr("a\uFFFD(b)\\"));
}

TEST(InvoicePdf, AFamilyThatIsNotThereIsReplaced) {
    PdfFonts other("No Such Family");
    const invoicing::Invoice invoice = issued({Row("a")});
    const std::string pdf =
        invoice_pdf(invoice, calendar::find_zone(invoice.timezone).value(), other);
    expect_every_amount(invoice, text_of(pdf));
}

TEST(InvoicePdfDeathTest, ASystemWithoutAnyFontIsToldSo) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    const support::TemporaryDirectory folder;
    std::ofstream(folder / "fonts.conf") << "<fontconfig></fontconfig>";
    EXPECT_EXIT(
        {
            ::setenv("FONTCONFIG_FILE", (folder / "fonts.conf").c_str(), 1);
            try {
                PdfFonts none(default_font_families);
            } catch (const std::runtime_error& error) {
                std::fputs(error.what(), stderr);
                ::_exit(7);
            }
        },
        testing::ExitedWithCode(7), "no font is installed");
}

}  // namespace
}  // namespace reports
