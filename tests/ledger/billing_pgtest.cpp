// An account's billing data and what becomes of it on invoices, with a real Postgres.
#include "ledger/billing.h"

#include "invoicing/document.h"
#include "ledger/manual_corrections.h"
#include "ledger/verification.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using invoicing::Invoice;
using invoicing::TaxCategory;
using testing::ElementsAre;
using testing::HasSubstr;

class BillingTest : public MeteredBooks {
  protected:
    /// The account is there: an instance of its key was loaded once and never ran.
    BillingTest() {
        const calendar::Instant load = at("2026-09-05T00:00:00Z");
        ship({loaded(load), deleted(load + Duration::seconds(1))});
        terms_.issuer.vat_id = "DE123456789";
        terms_.payment_days = 14;
    }

    Billing set_tax(TaxCategory category, const char* rate = "0") {
        return change_billing(store_, name(), [&](Billing& billing) {
            billing.tax = {.category = category, .rate = money::parse_decimal(rate).value()};
        });
    }
    std::string name() { return account().name; }
    std::string refusal(const std::function<void(Billing&)>& change) {
        try {
            change_billing(store_, name(), change);
        } catch (const Refused& refused) {
            return refused.what();
        }
        return "";
    }
    void expect_verified() {
        const Verification found = verify_books(store_, {});
        EXPECT_FALSE(found.difference)
            << found.difference->subject << " " << found.difference->what << " "
            << found.difference->expected << " " << found.difference->found;
    }
    /// What `verify` finds after the document was changed behind every guard.
    std::string found_after(const std::string& from, const std::string& to) {
        ask("SET session_replication_role = replica; UPDATE invoices SET document = "
            "replace(document, '" +
            from + "', '" + to + "')");
        const Verification found = verify_books(store_, {});
        return found.difference ? found.difference->what : "nothing";
    }
};

TEST_F(BillingTest, IsWhatWasSetLastAndOfOtherAccountsNothing) {
    EXPECT_EQ(get_billing(store_, name()).tax, invoicing::TaxTerms{});
    change_billing(store_, name(), [](Billing& billing) {
        billing.party = {.name = "Acme GmbH",
                         .street = {"Weg 1", "Hof \"2\""},
                         .city = "Köln",
                         .postal_code = "50667",
                         .country = "DE",
                         .vat_id = "DE1",
                         .registration_id = "HRB 1",
                         .electronic_address = "DE1",
                         .electronic_scheme = "9930",
                         .email = "a@b.example"};
    });
    set_tax(TaxCategory::standard, "8.25");
    const Billing billing = get_billing(store_, account().id.text());
    EXPECT_EQ(billing.party.name, "Acme GmbH");
    EXPECT_THAT(billing.party.street, ElementsAre("Weg 1", "Hof \"2\""));
    EXPECT_EQ(billing.party.email, "a@b.example");
    EXPECT_EQ(money::to_text(billing.tax.rate), "8.25");
    EXPECT_EQ(ask("SELECT count(*) FROM account_billing"), "2");
    const Account other = create_account(store_, {.name = "other"});
    EXPECT_EQ(get_billing(store_, "other").party, invoicing::Party{});
    EXPECT_THROW(get_billing(store_, "nobody"), Refused);
}

TEST_F(BillingTest, ThatCannotBeIsRefusedAndChangesNothing) {
    const auto refused = [&](auto change) { return refusal(change); };
    EXPECT_THAT(refused([](Billing& b) { b.party.country = "Germany"; }), HasSubstr("ISO 3166"));
    EXPECT_THAT(refused([](Billing& b) { b.party.email = "nobody"; }), HasSubstr("address"));
    EXPECT_THAT(refused([](Billing& b) { b.party.electronic_scheme = "EM"; }), HasSubstr("EAS"));
    EXPECT_THAT(refused([](Billing& b) { b.party.electronic_address = "x"; }),
                HasSubstr("come together"));
    EXPECT_THAT(refused([](Billing& b) { b.party.city = "a\nb"; }), HasSubstr("the city"));
    EXPECT_THAT(refused([](Billing& b) { b.party.name = std::string(201, 'x'); }),
                HasSubstr("200 bytes"));
    EXPECT_THAT(refused([](Billing& b) {
                    b.party.street = {"1", "2", "3", "4"};
                }),
                HasSubstr("three lines"));
    EXPECT_THAT(refused([](Billing& b) { b.tax.category = TaxCategory::reverse_charge; }),
                HasSubstr("--vat-id"));
    EXPECT_THAT(refused([](Billing& b) { b.tax.rate = money::Decimal(19); }),
                HasSubstr("only the standard"));
    EXPECT_EQ(ask("SELECT count(*) FROM account_billing"), "0");
}

TEST_F(BillingTest, OnAnInvoiceIsACopyOfWhatHeldAtItsIssue) {
    change_billing(store_, name(), [](Billing& billing) { billing.party.name = "Acme GmbH"; });
    set_tax(TaxCategory::standard, "19");
    ship(life(start_, 600));
    const Invoice invoice = issue_october();
    EXPECT_EQ(invoice.customer.name, "Acme GmbH");
    EXPECT_EQ(to_text(invoice.net), "0.60");
    EXPECT_EQ(to_text(invoice.tax), "0.11");
    EXPECT_EQ(to_text(invoice.total), "0.71");
    EXPECT_EQ(invoice.due_date, "2026-11-16");
    EXPECT_EQ(ask("SELECT total FROM invoices"), "0.71");
    change_billing(store_, name(), [](Billing& billing) { billing.party.name = "Sold"; });
    EXPECT_EQ(to_json(get_invoice(store_, *invoice.number), invoicing::Layout::compact),
              to_json(invoice, invoicing::Layout::compact));
    expect_verified();
}

TEST_F(BillingTest, AnAdjustmentBearsTheTaxOfTheInvoiceThatItCorrects) {
    const auto facts = life(start_, 600);
    set_tax(TaxCategory::standard, "19");
    ship({facts[0], facts[1], deleted(start_ + Duration::seconds(1'200))});
    EXPECT_EQ(to_text(issue_october().total), "1.43");  // 1.20 and 0.228
    set_tax(TaxCategory::standard, "20");
    ship(life(at("2026-11-05T00:00:00Z"), 600));
    enter_correction(store_,
                     {.account = name(),
                      .reference = "r1",
                      .amount = "-0.50",
                      .currency = "USD",
                      .author = "ops",
                      .reason = "goodwill"},
                     at("2026-11-06T00:00:00Z"));
    ship({facts[2]});
    const Invoice next = issue_november();
    ASSERT_EQ(next.taxes.size(), 2u);
    EXPECT_EQ(to_text(next.taxes[0].taxable), "-0.60");
    EXPECT_EQ(money::to_text(next.taxes[0].terms.rate), "19");
    EXPECT_EQ(to_text(next.taxes[0].tax), "-0.11");  // −0.114
    EXPECT_EQ(to_text(next.taxes[1].taxable), "0.10");
    EXPECT_EQ(to_text(next.taxes[1].tax), "0.02");
    EXPECT_EQ(next.kind, invoicing::DocumentKind::credit_note);
    EXPECT_EQ(to_text(next.total), "-0.59");
    EXPECT_EQ(next.due_date, "");
    expect_verified();
    // A third correction of the same period finds the rate through the credit note.
    set_tax(TaxCategory::out_of_scope);
    ship({deleted(start_ + Duration::seconds(300))});
    ship(life(at("2026-12-05T00:00:00Z"), 60));
    const Invoice december = close({2026, 12}, "2027-01-02T00:00:00Z").issued.value();
    ASSERT_EQ(december.taxes.size(), 2u);
    EXPECT_EQ(to_text(december.taxes[0].tax), "-0.06");  // 19 % of −0.30: −0.057
    expect_verified();
}

TEST_F(BillingTest, WhatWasInvoicedBeforeThereWereTaxesIsCorrectedWithout) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1], deleted(start_ + Duration::seconds(1'200))});
    EXPECT_EQ(to_text(issue_october().total), "1.20");
    EXPECT_THAT(ask("SELECT document FROM invoices"), testing::Not(HasSubstr("\"tax")));
    set_tax(TaxCategory::standard, "19");
    ship({facts[2]});
    const Invoice next = issue_november();
    EXPECT_EQ(to_text(next.total), "-0.60");
    EXPECT_EQ(next.lines[0].tax, invoicing::TaxTerms{});
}

TEST_F(BillingTest, AnAccountWithoutTheIdsOfItsTaxIsNotClosedAndSaysWhy) {
    set_tax(TaxCategory::standard, "19");
    ship(life(start_, 600));
    terms_.issuer.vat_id = "";
    const Closing closing = close({2026, 10}, "2026-11-02T00:00:00Z");
    EXPECT_FALSE(closing.issued);
    ASSERT_EQ(closing.obstacles.size(), 1u);
    EXPECT_THAT(closing.obstacles[0].reason, HasSubstr("issuer.vat_id"));
    EXPECT_EQ(ask("SELECT count(*) FROM invoice_counters"), "0");
    terms_.issuer.vat_id = "DE123456789";
    EXPECT_EQ(*issue_october().number, "TG-2026-000001");
}

TEST_F(BillingTest, ATaxThatIsChangedInTheBooksIsFound) {
    set_tax(TaxCategory::standard, "19");
    ship(life(start_, 600));
    issue_october();
    EXPECT_EQ(found_after(R"("taxable":"0.60","tax":"0.11")", R"("taxable":"0.60","tax":"0.10")"),
              "taxes");
    EXPECT_EQ(found_after("\"tax\":\"0.10\"", "\"tax\":\"0.11\""), "nothing");
    EXPECT_EQ(found_after("2026-11-16", "2026-11-26"), "due date");
}

TEST_F(BillingTest, NumbersAreWrittenInTheIssuersFormatAndStayGapless) {
    terms_.number_format = "R{year}/{counter:4}";
    ship(life(start_, 600));
    EXPECT_EQ(*issue_october().number, "R2026/0001");
    EXPECT_EQ(*get_invoice(store_, "R2026/0001").number, "R2026/0001");
    ship(life(at("2026-11-05T00:00:00Z"), 60));
    terms_.number_format = "{series}-{year}-{counter:6}";
    EXPECT_EQ(*issue_november().number, "TG-2026-000002");
    expect_verified();
}

TEST_F(BillingTest, ANumberThatIsTakenIsRefusedAndLeavesNoGap) {
    terms_.number_format = "R{year}/{counter:4}";
    ship(life(start_, 600));
    issue_october();
    ship(life(at("2026-11-05T00:00:00Z"), 60));
    terms_.series = "B";
    EXPECT_THROW((void)close_november(), Refused);
    EXPECT_EQ(ask("SELECT count(*) FROM invoice_counters"), "1");
    terms_.number_format = "{series}{year}/{counter:4}";
    EXPECT_EQ(*issue_november().number, "B2026/0001");
}

}  // namespace
}  // namespace ledger
