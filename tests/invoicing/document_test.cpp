#include "invoicing/document.h"

#include <nlohmann/json.hpp>

#include "invoicing/builders.h"

namespace invoicing {
namespace {

using builders::Row;
using testing::HasSubstr;
using testing::Not;

Invoice issued() {
    DraftInput input =
        builders::input({Row("a").model("日本 \"<&>\" \\ model"), Row("b").period("2026-09"),
                         Row("c").revision(2).seconds("120").negated()});
    Invoice invoice = make_draft(input, builders::fake_digest).invoice;
    invoice.number = "TG-2026-000001";
    invoice.issued_at = calendar::parse_instant("2026-11-01T00:00:00.5Z");
    return invoice;
}

TEST(InvoiceDocument, OfACreditNoteNamesWhatItCorrectsAndAnInvoiceSaysNothingOfItsKind) {
    Invoice invoice = builders::draft({Row("a")}).invoice;
    EXPECT_THAT(to_json(invoice, Layout::compact), testing::Not(HasSubstr("corrects")));
    EXPECT_EQ(parse_invoice(to_json(invoice, Layout::compact)).kind, DocumentKind::invoice);
    invoice.kind = DocumentKind::credit_note;
    invoice.corrects = {"TG-2026-000001"};
    const std::string json = to_json(invoice, Layout::compact);
    EXPECT_THAT(json, HasSubstr(R"("kind":"credit_note","corrects":["TG-2026-000001"])"));
    EXPECT_EQ(to_json(parse_invoice(json), Layout::compact), json);
    EXPECT_THAT(canonical_inputs(invoice), HasSubstr("credit_note"));
}

TEST(InvoiceDocument, ReadsWhatItWrites) {
    for (const Layout layout : {Layout::compact, Layout::indented}) {
        const std::string text = to_json(issued(), layout);
        EXPECT_EQ(to_json(parse_invoice(text), layout), text);
    }
}

TEST(InvoiceDocument, HasTheKeysOfTheContractInOrder) {
    const std::string text = to_json(issued(), Layout::compact);
    EXPECT_THAT(text, testing::StartsWith(R"({"number":"TG-2026-000001","account":"acme",)"));
    for (const char* part :
         {R"("month":"2026-10")", R"("currency":"USD")", R"("issued_at":"2026-11-01T00:00:00.5Z")",
          R"("unit_price":"0.0000166667","unit_price_per_million":"16.6667")",
          R"("amount":"0.000500001","payable":"0.00")", R"("instances":1,"runs":1)",
          R"("amount_before":"0","amount_after":"0.000500001")", R"("total_exact":"0")",
          R"("total":"0.00")"}) {
        EXPECT_THAT(text, HasSubstr(part));
    }
}

// As the library writes them, whatever is in them: digests of long ago were made by it.
TEST(InvoiceDocument, BothFormsAreWhatAJsonLibraryMakesOfThem) {
    Invoice invoice = issued();
    invoice.customer.name =
        std::string("a\"b\\c/\t\x01\x7f\xff\xc3 日本 \xed\xa0\x80") + '\0' + "end";
    invoice.voids = "TG-2026-000000";
    invoice.reason = "line\nbreak";
    invoice.corrects = {"é", "\x80"};
    invoice.payment_days = 30;
    for (const bool digests_sessions : {false, true}) {
        invoice.digests_sessions = digests_sessions;
        const std::string compact = to_json(invoice, Layout::compact);
        auto document = nlohmann::ordered_json::parse(compact);
        EXPECT_EQ(document.dump(), compact);
        for (const char* key :
             {"number", "issued_at", "accrued_to", "digest", "chain_heads", "due_date"})
            document.erase(key);
        if (!digests_sessions) document.erase("sessions");
        EXPECT_EQ(nlohmann::json::parse(document.dump()).dump() + "\n", canonical_inputs(invoice));
        EXPECT_EQ(document["customer"]["name"],
                  nlohmann::json::parse(
                      nlohmann::json(invoice.customer.name)
                          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
    }
}

TEST(InvoiceDocument, TheDigestCoversTheInputsAndNotTheNumber) {
    Invoice invoice = issued();
    const std::string before = canonical_inputs(invoice);
    EXPECT_EQ(builders::fake_digest(before), invoice.digest);
    invoice.number = "TG-2026-000002";
    invoice.issued_at = calendar::parse_instant("2026-12-01T00:00:00Z");
    EXPECT_EQ(canonical_inputs(invoice), before);
    invoice.lines[0].used += builders::decimal("0.000001");
    EXPECT_NE(canonical_inputs(invoice), before);
}

TEST(InvoiceDocument, TheDigestCoversSessionsWhereTheyWereStoredWithTheInvoice) {
    Invoice invoice = issued();
    ASSERT_FALSE(invoice.sessions.empty());
    const std::string lines = canonical_inputs(invoice);
    EXPECT_THAT(lines, HasSubstr(R"("digest_covers":"lines")"));
    invoice.sessions.pop_back();
    EXPECT_EQ(canonical_inputs(invoice), lines);
    invoice.digests_sessions = true;
    const std::string all = canonical_inputs(invoice);
    EXPECT_THAT(all, Not(HasSubstr("digest_covers")));
    invoice.sessions.pop_back();
    EXPECT_NE(canonical_inputs(invoice), all);
    EXPECT_TRUE(parse_invoice(to_json(invoice, Layout::compact)).digests_sessions);
}

TEST(InvoiceDocument, CanonicalInputsAreCompactWithSortedKeysAndOneNewline) {
    const std::string text = canonical_inputs(issued());
    EXPECT_THAT(text, testing::StartsWith(R"({"account":"acme","account_id":"acc_1","currency":)"));
    EXPECT_THAT(text, testing::EndsWith("}\n"));
    EXPECT_THAT(text, Not(HasSubstr("\"digest\"")));
    EXPECT_EQ(text.find('\n'), text.size() - 1);
}

TEST(InvoiceDocument, RefusesWhatIsNoInvoice) {
    for (const char* text : {"", "{}", "[]", R"({"number":1})"}) {
        EXPECT_THROW(parse_invoice(text), std::runtime_error) << text;
    }
}

}  // namespace
}  // namespace invoicing
