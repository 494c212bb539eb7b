// What becomes of an issued invoice: void by a credit note, or paid; and that the books, and a
// customer's export of them, agree all the while.
#include "ledger/settlement.h"

#include <gmock/gmock.h>

#include "invoicing/document.h"
#include "ledger/account_export_fixture.h"
#include "ledger/manual_corrections.h"
#include "ledger/verification.h"

namespace ledger {
namespace {

using invoicing::Invoice;
using testing::HasSubstr;

class Settlement : public AccountExportTest {
  protected:
    Settlement() {
        ship(life(start_, 600));
        ship(life(after(5'000), 60));
    }
    Invoice void_of(const std::string& number, const std::string& reason = "the wrong address") {
        return void_invoice(store_, {.number = number, .reason = reason, .author = "Ada"}, terms_,
                            at("2026-11-03T00:00:00Z"));
    }
    std::string refusal_of_void(const std::string& number, const std::string& reason = "why") try {
        void_of(number, reason);
        return "";
    } catch (const Refused& refused) {
        return refused.what();
    }
    std::string pay(const std::string& number, std::optional<std::string> amount,
                    const std::string& reference, const std::string& day = "2026-11-20") try {
        return to_text(record_payment(store_,
                                      {.number = number,
                                       .amount = std::move(amount),
                                       .paid_on = day,
                                       .reference = reference,
                                       .author = "Ada"},
                                      at("2026-11-21T00:00:00Z")));
    } catch (const Refused& refused) {
        return refused.what();
    }
    std::string state_of(const std::string& number) {
        for (const auto& summary : list_invoices(store_, {}))
            if (summary.number == number) return std::string(summary.state());
        return "none";
    }
    void expect_agreement() {
        const auto wrong = verify_books(store_, {}).difference;
        if (wrong)
            ADD_FAILURE() << wrong->subject << ": " << wrong->what << ": expected "
                          << wrong->expected << ", found " << wrong->found;
        agreeing(october());
        agreeing(export_of({2026, 11}));
    }
};

TEST_F(Settlement, ACreditNoteTakesTheInvoiceBackAndItsChargesAreFree) {
    const Invoice first = issue_october();
    ASSERT_EQ(to_text(first.total), "0.66");
    const Invoice note = void_of("TG-2026-000001");
    EXPECT_EQ(note.number, "TG-2026-000002");
    EXPECT_EQ(to_text(note.total), "-0.66");
    EXPECT_EQ(note.kind, invoicing::DocumentKind::credit_note);
    EXPECT_FALSE(note.chain_heads.empty());
    EXPECT_EQ(to_json(get_invoice(store_, "TG-2026-000002"), invoicing::Layout::compact),
              to_json(note, invoicing::Layout::compact));
    EXPECT_EQ(to_text(list_invoices(store_, {}).at(0).net), "0.66");
    EXPECT_EQ(to_text(list_invoices(store_, {}).at(1).tax), "0.00");
    EXPECT_EQ(state_of("TG-2026-000001"), "void");
    EXPECT_EQ(state_of("TG-2026-000002"), "settled");
    expect_agreement();

    const Invoice again = issue_october();
    EXPECT_EQ(again.number, "TG-2026-000003");
    EXPECT_EQ(to_text(again.total), "0.66");
    EXPECT_EQ(again.lines[0].kind, invoicing::LineKind::usage);
    EXPECT_EQ(again.lines[0].instances, first.lines[0].instances);
    EXPECT_EQ(again.lines[0].runs, first.lines[0].runs);
    EXPECT_FALSE(close({2026, 10}, "2026-11-04T00:00:00Z").issued);
    EXPECT_EQ(state_of("TG-2026-000003"), "open");
    expect_agreement();
}

TEST_F(Settlement, WhatWasCorrectedAfterwardsFollowsTheNewInvoice) {
    issue_october();
    void_of("TG-2026-000001");
    issue_october();
    ship({deleted(after(90'000))});
    ship(life(at("2026-10-20T00:00:00Z"), 120));
    const Invoice november = issue_november();
    ASSERT_EQ(november.lines.size(), 1u);
    EXPECT_EQ(november.lines[0].kind, invoicing::LineKind::adjustment);
    EXPECT_EQ(november.lines[0].invoiced_on, std::vector<std::string>{"TG-2026-000003"});
    EXPECT_EQ(to_text(november.lines[0].invoiced_before.value()), "0.66");
    expect_agreement();
}

TEST_F(Settlement, ACorrectionByHandIsFreeAgainAsWell) {
    enter_correction(store_,
                     {.account = account().name,
                      .reference = "T-1",
                      .amount = "-0.25",
                      .currency = "USD",
                      .author = "Ada",
                      .reason = "an outage"},
                     start_);
    EXPECT_EQ(to_text(issue_october().total), "0.41");
    const Invoice note = void_of("TG-2026-000001");
    EXPECT_EQ(to_text(note.total), "-0.41");
    EXPECT_EQ(to_text(note.corrections.at(0).amount), "0.25");
    EXPECT_EQ(list_corrections(store_, std::nullopt).at(0).invoice, std::nullopt);
    expect_agreement();
    EXPECT_EQ(to_text(issue_october().total), "0.41");
    EXPECT_EQ(list_corrections(store_, std::nullopt).at(0).invoice, "TG-2026-000003");
    expect_agreement();
}

TEST_F(Settlement, VoidingIsRefusedWithASentence) {
    issue_october();
    EXPECT_THAT(refusal_of_void("TG-2026-000009"), HasSubstr("no invoice `TG-2026-000009`"));
    EXPECT_THAT(refusal_of_void("TG-2026-000001", ""), HasSubstr("reason is empty"));
    EXPECT_THAT(refusal_of_void("TG-2026-000001", std::string(2'001, 'x')), HasSubstr("longer"));
    void_of("TG-2026-000001");
    EXPECT_THAT(refusal_of_void("TG-2026-000001"), HasSubstr("TG-2026-000002 took it back"));
    EXPECT_THAT(refusal_of_void("TG-2026-000002"), HasSubstr("takes TG-2026-000001 back"));
    EXPECT_EQ(ask("SELECT count(*) FROM invoices"), "2");
}

TEST_F(Settlement, NobodyReleasesWhatWasNotTakenBack) {
    issue_october();
    EXPECT_THAT(try_as_service("UPDATE invoice_batches SET released_by = 'TG-2026-000001'"),
                HasSubstr("never changed"));
    EXPECT_THAT(try_as_service("INSERT INTO invoice_voids VALUES ('TG-2026-000001', "
                               "'TG-2026-000001', 'x', 'y')"),
                testing::Not(""));
    EXPECT_THAT(try_as_service("UPDATE invoice_batches SET number = 'TG-2026-000001'"),
                HasSubstr("permission denied"));
    EXPECT_THAT(try_as_owner("UPDATE invoice_batches SET batch = 7"), HasSubstr("never changed"));
    void_of("TG-2026-000001");
    EXPECT_THAT(try_as_owner("UPDATE invoice_batches SET released_by = NULL"),
                HasSubstr("never changed"));
    for (const char* table : {"invoice_voids", "invoice_payments", "invoice_batches"}) {
        EXPECT_THAT(try_as_service(std::string("DELETE FROM ") + table),
                    HasSubstr("permission denied"));
    }
    EXPECT_THAT(try_as_owner("DELETE FROM invoice_voids"), testing::Not(""));
}

TEST_F(Settlement, ATamperedCreditNoteIsFound) {
    issue_october();
    void_of("TG-2026-000001");
    ask("SET session_replication_role = replica; UPDATE invoice_voids SET reason = 'another'");
    const auto wrong = verify_books(store_, {}).difference;
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->subject, "invoice TG-2026-000002");
    EXPECT_EQ(wrong->what, "reason");
}

TEST_F(Settlement, AnExportWithoutWhatANoteTakesBackIsFoundWanting) {
    issue_october();
    void_of("TG-2026-000001");
    auto value = october();
    ASSERT_EQ(value.invoices.size(), 2u);
    value.invoices.erase(value.invoices.begin());
    const auto wrong = check(value).difference;
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->subject, "invoice TG-2026-000002");
}

TEST_F(Settlement, PaymentsAddUpToTheTotalAndNoFurther) {
    issue_october();
    EXPECT_EQ(state_of("TG-2026-000001"), "open");
    EXPECT_EQ(pay("TG-2026-000001", "0.60", "bank-1"), "0.06");
    EXPECT_EQ(state_of("TG-2026-000001"), "part paid");
    EXPECT_EQ(pay("TG-2026-000001", "0.60", "bank-1"), "0.06") << "the same again";
    EXPECT_THAT(pay("TG-2026-000001", "0.50", "bank-1"), HasSubstr("is of 0.60 on 2026-11-20"));
    EXPECT_THAT(pay("TG-2026-000001", "0.07", "bank-2"), HasSubstr("0.06 USD of 0.66 are open"));
    EXPECT_EQ(pay("TG-2026-000001", std::nullopt, "bank-2"), "0.00");
    EXPECT_EQ(state_of("TG-2026-000001"), "paid");
    EXPECT_THAT(pay("TG-2026-000001", std::nullopt, "bank-3"), HasSubstr("nothing is open"));
    EXPECT_EQ(pay("TG-2026-000001", "-0.60", "returned"), "0.60");
    EXPECT_THAT(pay("TG-2026-000001", "-0.07", "returned-2"), HasSubstr("does not fit"));
    EXPECT_EQ(state_of("TG-2026-000001"), "part paid");
}

TEST_F(Settlement, WhatIsPaidIsNotLeftOnAVoidInvoice) {
    issue_october();
    pay("TG-2026-000001", "0.60", "bank-1");
    EXPECT_THAT(refusal_of_void("TG-2026-000001"),
                HasSubstr("0.60 USD are paid: take that back first (tollgate invoice pay "
                          "TG-2026-000001 --amount -0.60"));
    EXPECT_EQ(ask("SELECT count(*) FROM invoices"), "1");
    EXPECT_EQ(pay("TG-2026-000001", "-0.60", "bank-1 moved"), "0.66");
    EXPECT_EQ(refusal_of_void("TG-2026-000001"), "");
    issue_october();
    EXPECT_EQ(pay("TG-2026-000003", "0.60", "bank-1"), "0.06");
}

TEST_F(Settlement, APaymentIsRefusedWithASentence) {
    issue_october();
    EXPECT_THAT(pay("TG-2026-000007", "1", "r"), HasSubstr("no invoice"));
    EXPECT_THAT(pay("TG-2026-000001", "0.001", "r"), HasSubstr("no amount of USD"));
    EXPECT_THAT(pay("TG-2026-000001", "much", "r"), HasSubstr("no amount of USD"));
    EXPECT_THAT(pay("TG-2026-000001", "0", "r"), HasSubstr("no amount of USD"));
    EXPECT_THAT(pay("TG-2026-000001", "0.10", ""), HasSubstr("reference is empty"));
    EXPECT_THAT(pay("TG-2026-000001", "0.10", "r", "2026-02-30"), HasSubstr("is no day"));
    EXPECT_THAT(pay("TG-2026-000001", "0.10", "r", "0000-01-01"), HasSubstr("is no day"));
    void_of("TG-2026-000001");
    EXPECT_THAT(pay("TG-2026-000001", "0.10", "r"), HasSubstr("is void"));
    EXPECT_EQ(ask("SELECT count(*) FROM invoice_payments"), "0");
}

}  // namespace
}  // namespace ledger
