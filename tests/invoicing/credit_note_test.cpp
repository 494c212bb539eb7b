#include "invoicing/credit_note.h"

#include "invoicing/builders.h"
#include "invoicing/document.h"

namespace invoicing {
namespace {

using builders::Row;

Invoice issued(std::vector<ChargeRow> rows) {
    Invoice invoice = make_draft(builders::input(std::move(rows)), builders::fake_digest).invoice;
    invoice.number = "TG-2026-000001";
    invoice.issued_at = calendar::parse_instant("2026-11-01T00:00:00Z");
    invoice.chain_heads = {{.gateway = "gw", .facts = 3, .last_sequence = 4, .hash = "ab"}};
    return invoice;
}

TEST(CreditNote, TogetherWithItsInvoiceIsNothing) {
    const Invoice invoice =
        issued({Row("a").seconds("60000"), Row("b").period("2026-09").seconds("86400"),
                Row("c").model("org/other").seconds("123456")});
    const Invoice note = make_credit_note(invoice, "the address was wrong", builders::fake_digest);
    ASSERT_EQ(note.lines.size(), invoice.lines.size());
    ASSERT_GT(invoice.lines.size(), 2u);
    for (std::size_t i = 0; i < note.lines.size(); ++i) {
        const Line& line = note.lines[i];
        const Line& was = invoice.lines[i];
        EXPECT_FALSE(was.payable.value().is_zero());
        EXPECT_TRUE((line.payable + was.payable).value().is_zero());
        EXPECT_TRUE((line.amount.value() + was.amount.value()).is_zero());
        EXPECT_TRUE((line.gb_seconds + was.gb_seconds).is_zero());
        EXPECT_TRUE((line.billable + was.billable).is_zero());
        EXPECT_EQ(line.instances, -was.instances);
        EXPECT_EQ(line.unit_price, was.unit_price) << "a price is never negative";
        EXPECT_EQ(line.amount.value(), line.gb_seconds * line.unit_price);
        EXPECT_EQ(line.payable, round_to_payable(line.amount, money::Rounding::half_up));
    }
    for (std::size_t i = 0; i < note.sessions.size(); ++i)
        EXPECT_TRUE((*note.sessions[i].amount + *invoice.sessions[i].amount).is_zero());
    EXPECT_TRUE((note.total + invoice.total).value().is_zero());
    EXPECT_TRUE((note.total_exact.value() + invoice.total_exact.value()).is_zero());
}

TEST(CreditNote, NamesWhatItTakesBackAndWhy) {
    const Invoice invoice = issued({Row("a").seconds("60000")});
    const Invoice note = make_credit_note(invoice, "the address was wrong", builders::fake_digest);
    EXPECT_EQ(note.kind, DocumentKind::credit_note);
    EXPECT_EQ(note.voids, "TG-2026-000001");
    EXPECT_EQ(note.corrects, std::vector<std::string>{"TG-2026-000001"});
    EXPECT_EQ(note.reason, "the address was wrong");
    EXPECT_FALSE(note.number);
    EXPECT_FALSE(note.issued_at);
    EXPECT_TRUE(note.chain_heads.empty());
    EXPECT_EQ(note.digest, builders::fake_digest(canonical_inputs(note)));
    EXPECT_NE(note.digest, invoice.digest);
}

TEST(CreditNote, IsReadAsItWasWritten) {
    for (const bool is_negative : {false, true}) {
        Row row("a");
        row.seconds("60000");
        if (is_negative) row.negated();
        const Invoice note = make_credit_note(issued({row}), "why", builders::fake_digest);
        EXPECT_EQ(note.kind, is_negative ? DocumentKind::invoice : DocumentKind::credit_note);
        const std::string json = to_json(note, Layout::compact);
        const Invoice read = parse_invoice(json);
        EXPECT_EQ(to_json(read, Layout::compact), json);
        EXPECT_EQ(read.voids, "TG-2026-000001");
        EXPECT_EQ(read.corrects, note.corrects);
        EXPECT_EQ(read.reason, "why");
    }
}

}  // namespace
}  // namespace invoicing
