// A month as FOCUS out of real books: what is invoiced sums to what is to be paid, what is open to
// what the month has brought, and both are held against the rules of the specification.
#include "ledger/focus.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "ledger/billing.h"
#include "ledger/manual_corrections.h"
#include "ledger/settlement.h"
#include "ledger/usage.h"
#include "platform/files.h"
#include "reports/focus_csv.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using calendar::Duration;
using calendar::Month;
using invoicing::FocusCategory;
using invoicing::FocusRow;
using invoicing::Invoice;
using money::Decimal;
using support::at;
using support::deleted;
using support::key;
using support::loaded;
using support::seen_running;
using testing::ElementsAre;
using testing::Pair;

constexpr Month october{2026, 10};
constexpr Month november{2026, 11};

struct Export {
    std::map<std::string, Decimal> sums = {};  // by invoice; the open part under ""
    std::vector<FocusRow> open = {};
    std::string invoiced_csv = reports::focus_header();
    std::string open_csv = reports::focus_header();
    std::int64_t left_out = 0;
};

class FocusTest : public support::MeteredBooks {
  protected:
    FocusTest() {
        terms_.issuer.vat_id = "DE123456789";
        ship(life(start_, 600));
        ship(life(start_ + Duration::seconds(5'000), 61, "0.377"));
    }

    Export export_of(Month month, const std::string& now = "2026-11-20T00:00:00Z") {
        Export result;
        result.left_out = for_each_focus_row(
            store_,
            {.accounts = list_accounts(store_, true),
             .month = month,
             .issuer = "Issuer",
             .now = at(now)},
            [&](const auto& statement, const FocusRow& row) {
                result.sums[statement.invoice.value_or("")] += row.cost;
                reports::append_focus_row(statement.invoice ? result.invoiced_csv : result.open_csv,
                                          statement, row);
                if (!statement.invoice) result.open.push_back(row);
            });
        expect_conforming(result.invoiced_csv);
        expect_conforming(result.open_csv);
        return result;
    }

    // By the rules of the specification, where they are at hand.
    static void expect_conforming(const std::string& csv) {
        const std::string source = TOLLGATE_SOURCE;
        const std::string model = source + "/../shared/standards/focus/model-1.2.json";
        if (!std::filesystem::exists(model)) return;
        const support::TemporaryDirectory folder;
        platform::write_file_atomically(folder.path() + "/export.csv", csv);
        const std::string command = "python3 -B '" + source + "/tests/focus/focus_rules.py' '" +
                                    model + "' '" + folder.path() + "/export.csv' >&2";
        EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT: a test's own command
    }

    void expect_each_invoice_to_sum_to_its_total(Month month) {
        const Export found = export_of(month);
        std::size_t count = 0;
        for (const auto& summary :
             list_invoices(store_, {.account = {}, .month = to_text(month)})) {
            ++count;
            ASSERT_TRUE(found.sums.contains(summary.number));
            EXPECT_EQ(found.sums.at(summary.number), summary.total.value()) << summary.number;
        }
        EXPECT_EQ(found.sums.size() - found.sums.count(""), count);
    }

    void set_tax(const char* rate) {
        change_billing(store_, account().name, [&](Billing& billing) {
            billing.tax = {.category = invoicing::TaxCategory::standard,
                           .rate = money::parse_decimal(rate).value()};
        });
    }
    void enter(const std::string& reference, const std::string& amount,
               const std::string& entered_at = "2026-10-06T00:00:00Z") {
        enter_correction(store_,
                         {.account = account().name,
                          .reference = reference,
                          .amount = amount,
                          .currency = account().currency,
                          .author = "Ada",
                          .reason = "agreed"},
                         at(entered_at));
    }
    Decimal usage_of(Month month, const std::string& now) {
        return read_usage(store_, {account()}, month, invoicing::UsageBy::model, at(now))
            .total.amount;
    }
};

TEST_F(FocusTest, EachInvoiceSumsToWhatIsToBePaid) {
    set_tax("19");
    enter("credit", "-0.13");
    enter("charge", "1.07");
    issue_october();
    EXPECT_THAT(export_of(october).sums, ElementsAre(Pair("TG-2026-000001", testing::_)));
    expect_each_invoice_to_sum_to_its_total(october);
}

TEST_F(FocusTest, AVoidedInvoiceItsCreditNoteAndTheNextOneAreAllThere) {
    set_tax("8.25");
    enter("credit", "-0.13");
    issue_october();
    void_invoice(store_, {.number = "TG-2026-000001", .reason = "wrong", .author = "Ada"}, terms_,
                 at("2026-11-03T00:00:00Z"));
    Export found = export_of(october);
    EXPECT_TRUE((found.sums.at("TG-2026-000001") + found.sums.at("TG-2026-000002")).is_zero());
    EXPECT_EQ(found.open.size(), 3u);  // free again
    issue_october();
    found = export_of(october);
    EXPECT_EQ(found.sums.size(), 3u);
    EXPECT_EQ(found.sums.at("TG-2026-000003"), found.sums.at("TG-2026-000001"));
    EXPECT_TRUE(found.open.empty());
    expect_each_invoice_to_sum_to_its_total(october);
}

TEST_F(FocusTest, WhatIsCorrectedLaterIsInOneMonthAtATime) {
    const auto late = life(at("2026-10-09T00:00:00Z"), 600);
    set_tax("19");
    ship({late[0], late[1], deleted(at("2026-10-09T00:20:00Z"))});
    issue_october();
    const std::string before = export_of(october).invoiced_csv;
    ship({late[2]});  // it ended earlier
    Export found = export_of(october);
    ASSERT_EQ(found.open.size(), 1u);
    EXPECT_TRUE(found.open[0].is_correction);
    EXPECT_EQ(money::to_text(found.open[0].cost), "-0.6");
    EXPECT_EQ(found.invoiced_csv, before);

    ship(life(at("2026-11-05T00:00:00Z"), 120));
    const Invoice next = issue_november();
    EXPECT_TRUE(export_of(october).open.empty());
    EXPECT_EQ(export_of(october).invoiced_csv, before);
    found = export_of(november, "2026-12-02T00:00:00Z");
    EXPECT_THAT(found.invoiced_csv, testing::HasSubstr(",Usage,Correction,"));
    EXPECT_EQ(found.sums.at(*next.number), next.total.value());
}

TEST_F(FocusTest, TheOpenPartIsWhatTheMonthHasBrought) {
    const auto running = life(at("2026-10-20T00:00:00Z"), 0);
    ship({running[0], running[1]});
    const std::string now = "2026-10-20T00:10:00Z";
    const Export found = export_of(october, now);
    EXPECT_EQ(found.open.size(), 3u);
    EXPECT_EQ(found.sums.at(""), usage_of(october, now));
    EXPECT_FALSE(found.sums.at("").is_zero());
    enter("credit", "-0.13");
    EXPECT_EQ(export_of(october, now).sums.at(""),
              usage_of(october, now) - money::parse_decimal("0.13").value());
    EXPECT_TRUE(export_of(november, now).open.empty());
}

TEST_F(FocusTest, ASessionOverTheMonthsEndIsInBoth) {
    const auto long_one = life(at("2026-10-31T23:50:00Z"), 1'200);
    ship({long_one[0], long_one[1]});
    const std::string now = "2026-11-01T00:05:00Z";
    EXPECT_EQ(export_of(october, now).sums.at(""), usage_of(october, now));
    EXPECT_EQ(export_of(november, now).sums.at(""), usage_of(november, now));
    ship({long_one[2]});
    EXPECT_EQ(export_of(october, now).sums.at(""), usage_of(october, now));
    EXPECT_EQ(money::to_text(export_of(november, now).sums.at("")), "0.6");
}

TEST_F(FocusTest, WhatHasNoPriceIsLeftOutAndCounted) {
    ship(life(at("2026-10-20T00:00:00Z"), 60, std::nullopt));
    const Export found = export_of(october);
    EXPECT_EQ(found.left_out, 1);
    EXPECT_EQ(found.open.size(), 2u);
}

TEST_F(FocusTest, AccountsOfOtherZonesAndCurrenciesKeepTheirOwn) {
    add_plan(store_, plan("yen", "0.7", "JPY"));
    const Account yen = create_account(
        store_, {.name = "yen, \"KK\"", .timezone = "Asia/Tokyo", .currency = "JPY"});
    assign_plan(store_, yen.name, "yen", start_);
    ASSERT_EQ(
        try_as_owner("INSERT INTO tollgate.keys (fingerprint, account_id, managed) VALUES ('" +
                     key("bb").text() + "', '" + yen.id.text() + "', true)"),
        "");
    const auto load = at("2026-10-08T00:00:00Z");
    ship({loaded(load, key("bb"), "1.37"),
          seen_running(load + Duration::seconds(1), load, load, key("bb")),
          deleted(load + Duration::seconds(60), key("bb"))});
    for (const Account& account : list_accounts(store_, false)) {
        ASSERT_TRUE(
            close_month(store_, account, october, terms_, at("2026-11-02T00:00:00Z")).issued)
            << account.name;
    }
    expect_each_invoice_to_sum_to_its_total(october);
    EXPECT_THAT(export_of(october).invoiced_csv,
                testing::HasSubstr("\"yen, \"\"KK\"\"\",JPY,2026-10-31T15:00:00Z"));
}

}  // namespace
}  // namespace ledger
