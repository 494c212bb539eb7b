// Amounts that the operator enters by hand: on the next invoice once, never changed, bound together
// by hashes.
#include "ledger/manual_corrections.h"

#include <gmock/gmock.h>

#include "invoicing/document.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using namespace support;
using invoicing::Invoice;
using testing::HasSubstr;
using enum CorrectionEntered;

class ManualCorrections : public MeteredBooks {
  protected:
    ManualCorrections() { ship(life(start_, 600)); }

    NewCorrection entry(const std::string& reference, const std::string& amount) {
        return {.account = account().name,
                .reference = reference,
                .amount = amount,
                .currency = "USD",
                .author = "Ada",
                .reason = "the outage of 5 October"};
    }
    CorrectionEntered enter(const NewCorrection& correction) {
        return enter_correction(store_, correction, at("2026-10-20T12:00:00.123456Z"));
    }
    std::vector<StoredCorrection> list() { return list_corrections(store_, std::nullopt); }
};

TEST_F(ManualCorrections, AreLinesOfTheNextInvoiceOnceAndOfItsPreviewBefore) {
    EXPECT_EQ(enter(entry("T-1", "-0.25")), entered);
    EXPECT_EQ(enter(entry("T-2", "0.10")), entered);
    const auto draft = preview_invoice(store_, account(), {2026, 10}, terms_, start_);
    EXPECT_EQ(to_text(draft.invoice.total), "0.45");
    const Invoice invoice = issue_october();
    EXPECT_EQ(to_text(invoice.total), "0.45");
    EXPECT_EQ(to_text(invoice.total_exact.value()), "0.45");
    ASSERT_EQ(invoice.corrections.size(), 2u);
    EXPECT_EQ(invoice.corrections[0].reference, "T-1");
    EXPECT_EQ(invoice.corrections[0].author, "Ada");
    EXPECT_EQ(to_text(invoice.corrections[0].entered_at), "2026-10-20T12:00:00.123456Z");
    const std::string json = to_json(invoice, invoicing::Layout::compact);
    EXPECT_EQ(to_json(get_invoice(store_, *invoice.number), invoicing::Layout::compact), json);
    EXPECT_THAT(json, HasSubstr(R"("reason":"the outage of 5 October")"));
    EXPECT_FALSE(close_november().issued);
    EXPECT_EQ(list().at(0).invoice, invoice.number);
}

TEST_F(ManualCorrections, AloneAreACreditNote) {
    issue_october();
    enter(entry("T-1", "-5"));
    const Invoice note = issue_november();
    EXPECT_EQ(note.kind, invoicing::DocumentKind::credit_note);
    EXPECT_EQ(to_text(note.total), "-5.00");
    EXPECT_TRUE(note.lines.empty());
}

TEST_F(ManualCorrections, TheSameReferenceIsTheSameEntryAndNoOther) {
    EXPECT_EQ(enter(entry("T-1", "-5.00")), entered);
    EXPECT_EQ(enter(entry("T-1", "-5")), was_there);
    EXPECT_THROW(enter(entry("T-1", "-6")), Refused);
    auto of_another = entry("T-1", "-5");
    of_another.author = "Bob";
    EXPECT_THROW(enter(of_another), Refused);
    issue_october();
    EXPECT_EQ(enter(entry("T-1", "-5.00")), was_there);
    EXPECT_EQ(list().size(), 1u);
}

TEST_F(ManualCorrections, AnotherAccountHasTheReferenceAndTheNumbersForItself) {
    create_account(store_, {.name = "other"});
    enter(entry("T-1", "-5"));
    auto of_other = entry("T-1", "-7");
    of_other.account = "other";
    EXPECT_EQ(enter(of_other), entered);
    for (const auto& stored : list()) {
        EXPECT_EQ(stored.entry.sequence, 1);
        EXPECT_FALSE(stored.is_broken);
    }
    EXPECT_EQ(list_corrections(store_, "other").size(), 1u);
    EXPECT_THROW(list_corrections(store_, "nobody"), Refused);
}

TEST_F(ManualCorrections, AreRefusedWithASentence) {
    struct Case {
        std::string NewCorrection::*member;
        std::string value;
        std::string sentence;
    };
    for (const Case& wrong : std::vector<Case>{
             {&NewCorrection::account, "nobody", "there is no account `nobody`"},
             {&NewCorrection::currency, "EUR", "pays in USD, not in EUR"},
             {&NewCorrection::amount, "0.00", "the amount is zero"},
             {&NewCorrection::amount, "-0", "is"},
             {&NewCorrection::amount, "", "is no amount"},
             {&NewCorrection::amount, "1e3", "`1e3` is no amount"},
             {&NewCorrection::amount, "+5", "is no amount"},
             {&NewCorrection::amount, "1.005", "finer than USD can be paid: it has 2 decimals"},
             {&NewCorrection::amount, "1000000000000", "more than 12 digits"},
             {&NewCorrection::amount, "-1000000000000", "more than 12 digits"},
             {&NewCorrection::amount, std::string(101, '9'), "is no amount"},
             {&NewCorrection::reason, " \t", "the reason is empty"},
             {&NewCorrection::author, "", "the author is empty"},
             {&NewCorrection::reference, "", "the reference is empty"},
             {&NewCorrection::reference, std::string(201, 'x'), "longer than 200 characters"},
             {&NewCorrection::reason, std::string(1'001, 'x'), "longer than 1000 characters"}}) {
        auto given = entry("T-1", "-5");
        given.*wrong.member = wrong.value;
        try {
            enter(given);
            ADD_FAILURE() << wrong.value << " was taken";
        } catch (const Refused& refused) {
            EXPECT_THAT(refused.what(), HasSubstr(wrong.sentence)) << wrong.value;
        }
    }
    EXPECT_EQ(enter(entry("T-1", "999999999999.99")), entered);
    EXPECT_EQ(list().size(), 1u);
}

TEST_F(ManualCorrections, AreImmutableForTheServiceAndForTheOwner) {
    enter(entry("T-1", "-5"));
    issue_october();
    for (const char* sql :
         {"UPDATE manual_corrections SET amount = 1", "DELETE FROM manual_corrections",
          "TRUNCATE manual_corrections CASCADE", "DELETE FROM invoice_corrections",
          "UPDATE invoice_corrections SET number = ''", "TRUNCATE invoice_corrections"}) {
        EXPECT_THAT(try_as_service(sql), HasSubstr("permission denied")) << sql;
        try {
            ask(std::string("SET LOCAL ROLE tollgate_owner; ") + sql);
            FAIL() << sql;
        } catch (const pqxx::sql_error& error) {
            EXPECT_THAT(error.what(), HasSubstr("never changed")) << sql;
        }
    }
}

TEST_F(ManualCorrections, NobodyPutsOneOnAnInvoiceThatIsIssued) {
    issue_october();
    enter(entry("T-2", "-5"));
    EXPECT_THAT(try_as_service("INSERT INTO invoice_corrections SELECT account_id, sequence, "
                               "(SELECT min(number) FROM invoices) FROM manual_corrections"),
                HasSubstr("is being issued"));
    EXPECT_THAT(try_as_service("INSERT INTO invoice_chain_heads SELECT min(number), 'gw-x', "
                               "sha256(''), 1, 1 FROM invoices"),
                HasSubstr("is not being issued"));
}

TEST_F(ManualCorrections, NobodyEntersAnAmountThatIsNone) {
    enter(entry("T-1", "-5"));
    for (const char* amount : {"NaN", "Infinity", "-Infinity", "1e12", "0"}) {
        EXPECT_THAT(try_as_service("INSERT INTO manual_corrections SELECT account_id, 1, 'x', '" +
                                   std::string(amount) +
                                   "', currency, author, reason, entered_at, hash FROM "
                                   "manual_corrections"),
                    HasSubstr("check constraint"))
            << amount;
    }
}

TEST_F(ManualCorrections, NobodyEntersOneWithAHashOrAPlaceOfHisOwn) {
    enter(entry("T-1", "-5"));
    EXPECT_EQ(try_as_service("INSERT INTO manual_corrections SELECT account_id, 77, 'T-2', 3.50, "
                             "'USD', 'x', 'x\u00e4,1:', now(), sha256('mine') "
                             "FROM manual_corrections"),
              "");
    const auto entries = list();
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[1].entry.sequence, 2);
    EXPECT_FALSE(entries[1].is_broken);
    EXPECT_THAT(try_as_service("INSERT INTO manual_corrections SELECT id, 1, 'T-3', 1, "
                               "'EUR', 'x', 'x', now(), '' FROM accounts"),
                HasSubstr("its account's currency"));
}

struct Tampering {
    std::string name;
    std::string sql;
};

class TamperedCorrections : public ManualCorrections,
                            public testing::WithParamInterface<Tampering> {};

TEST_P(TamperedCorrections, AreSeenAndNotInvoiced) {
    for (const char* reference : {"T-1", "T-2", "T-3"}) enter(entry(reference, "-5"));
    for (const auto& stored : list()) EXPECT_FALSE(stored.is_broken);
    // As the superuser, with the guards off.
    ask("ALTER TABLE manual_corrections DISABLE TRIGGER USER");
    ask(GetParam().sql);
    EXPECT_TRUE(list().back().is_broken);
    const Closing closing = close({2026, 10}, "2026-11-02T00:00:00Z");
    EXPECT_FALSE(closing.issued);
    ASSERT_EQ(closing.obstacles.size(), 1u);
    EXPECT_THAT(closing.obstacles[0].reason, HasSubstr("is not what was entered"));
}

INSTANTIATE_TEST_SUITE_P(
    Each, TamperedCorrections,
    testing::Values(
        Tampering{"amount", "UPDATE manual_corrections SET amount = -6 WHERE sequence = 2"},
        Tampering{"author", "UPDATE manual_corrections SET author = 'Eve' WHERE sequence = 1"},
        Tampering{"reason", "UPDATE manual_corrections SET reason = 'x' WHERE sequence = 3"},
        Tampering{"reference", "UPDATE manual_corrections SET reference = 'x' WHERE sequence = 1"},
        Tampering{"time",
                  "UPDATE manual_corrections SET entered_at = entered_at + interval "
                  "'1 microsecond' WHERE sequence = 1"},
        Tampering{"first_gone", "DELETE FROM manual_corrections WHERE sequence = 1"},
        Tampering{"middle_gone", "DELETE FROM manual_corrections WHERE sequence = 2"},
        Tampering{"gap_closed",
                  "DELETE FROM manual_corrections WHERE sequence = 2; UPDATE "
                  "manual_corrections SET sequence = 2 WHERE sequence = 3"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ledger
