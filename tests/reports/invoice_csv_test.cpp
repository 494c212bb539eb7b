#include "reports/invoice_csv.h"

#include <stdexcept>

#include "invoicing/credit_note.h"
#include "reports/invoice_corpus.h"

namespace reports {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

invoicing::Invoice named(const std::string& name) {
    for (const auto& each : invoice_corpus::make(1, 0)) {
        if (each.name == name) return each.invoice;
    }
    throw std::out_of_range(name);
}

TEST(InvoiceCsv, SaysWhatEachRowIs) {
    const std::string text = invoice_csv(named("by-hand"));
    EXPECT_THAT(text, testing::StartsWith("record,position,number,document,account,month,"));
    EXPECT_THAT(text, HasSubstr("\r\nline,1,R2026/27,invoice,acme & <co>,2026-10,"
                                "2026-10-31T23:30:00.25Z,,EUR,usage,openai-community/gpt2,dear,"
                                "2026-10,1,1,59.5,0.5,0,0,60,60,1,60,60.00,"));
    EXPECT_THAT(text, HasSubstr("\r\ncorrection,2,"));
    EXPECT_THAT(text, HasSubstr("\r\ntax,1,"));
    EXPECT_THAT(text, HasSubstr(",standard,19,,47.71,9.06,,,,\r\n"));
    EXPECT_THAT(text, EndsWith(",47.71,47.71,9.06,56.77\r\n"));
}

TEST(InvoiceCsv, HasEveryDigitOfAnExactAmount) {
    EXPECT_THAT(invoice_csv(named("yen-fraction")), HasSubstr(",205.71428571428571408,206,"));
}

TEST(InvoiceCsv, HoldsNoFormula) {
    EXPECT_THAT(invoice_csv(named("by-hand")), HasSubstr(",'=credit,"));
    const std::string odd = invoice_csv(named("odd"));
    EXPECT_THAT(odd, HasSubstr(",'-2+3"));
    EXPECT_THAT(odd, HasSubstr(R"(,"acme & <b>""söns""</b> ']]> 日本 =1+1",)"));
}

TEST(InvoiceCsv, OfADraftHasNoNumber) {
    invoicing::Invoice draft = named("standard");
    draft.number.reset();
    draft.issued_at.reset();
    EXPECT_THAT(invoice_csv(draft), HasSubstr("\r\nline,1,,invoice,acme & <co>,2026-10,,"));
}

}  // namespace
}  // namespace reports
