#include "invoicing/focus.h"

#include <gmock/gmock.h>

#include "support/focus_sample.h"

namespace invoicing {
namespace {

using builders::decimal;
using builders::Row;
using support::by_hand;
using support::issued;
using support::rows_of;
using support::sample_invoice;
using support::sample_zone;
using support::sum_of;
using support::terms;
using testing::SizeIs;

std::vector<FocusRow> of_category(const std::vector<FocusRow>& rows, FocusCategory category) {
    std::vector<FocusRow> found;
    std::ranges::copy_if(rows, std::back_inserter(found),
                         [&](const FocusRow& row) { return row.category == category; });
    return found;
}

struct Supply {
    const char* currency;
    const char* plan;
    const char* rate;
    TaxTerms tax;
};

DraftInput input_of(const Supply& supply) {
    auto input = builders::input(
        {Row("a").in_currency(supply.currency).plan(supply.plan).priced("0.377", supply.rate),
         Row("b")
             .in_currency(supply.currency)
             .plan(supply.plan)
             .seconds("180")
             .priced("0.377", supply.rate),
         Row("c")
             .in_currency(supply.currency)
             .plan(supply.plan)
             .model("other")
             .priced("27.2842129", supply.rate)});
    input.currency = builders::currency(supply.currency);
    input.unit_prices = {{supply.plan, decimal(supply.rate)}};
    input.issuer.vat_id = "DE123456789";
    input.customer.vat_id = "FR1";
    input.tax = supply.tax;
    const bool is_yen = input.currency.minor_units() == 0;
    input.corrections = {by_hand("credit", is_yen ? "-3" : "-0.37", supply.currency, "goodwill"),
                         by_hand("charge", is_yen ? "11" : "1.01", supply.currency, "set-up")};
    return input;
}

const std::vector<Supply> supplies = [] {
    std::vector<Supply> list;
    for (const auto& [currency, plan, rate] : {std::tuple{"USD", "p", "0.0000166667"},
                                               {"EUR", "q", "0.0137913"},
                                               {"JPY", "r", "0.0025"}}) {
        for (const TaxTerms& tax :
             {terms(TaxCategory::standard, "19"), terms(TaxCategory::standard, "8.25"),
              terms(TaxCategory::zero), terms(TaxCategory::reverse_charge), TaxTerms{}})
            list.push_back({currency, plan, rate, tax});
    }
    return list;
}();

TEST(Focus, RowsOfAnInvoiceSumToItsPayableTotalWhateverItsTaxAndCurrency) {
    for (const Supply& supply : supplies) {
        const Invoice invoice = issued(input_of(supply), "TG-1");
        EXPECT_EQ(sum_of(rows_of(invoice, sample_zone())), invoice.total.value())
            << supply.currency << " " << describe(supply.tax);
        EXPECT_FALSE(invoice.total.value().is_zero());
    }
}

TEST(Focus, AnInvoiceAndWhatTakesItBackAreNothingTogetherRowByRow) {
    for (const Supply& supply : supplies) {
        const Invoice invoice = issued(input_of(supply), "TG-1");
        Invoice note = make_credit_note(invoice, "wrong address", builders::fake_digest);
        note.number = "TG-2";
        const auto rows = rows_of(invoice, sample_zone());
        const auto back = rows_of(note, sample_zone());
        ASSERT_EQ(rows.size(), back.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            EXPECT_TRUE((rows[i].cost + back[i].cost).is_zero());
            EXPECT_EQ(rows[i].category, back[i].category) << rows[i].description;
            EXPECT_TRUE(back[i].is_correction);
            EXPECT_FALSE(rows[i].is_correction);
        }
        EXPECT_EQ(sum_of(back), note.total.value());
    }
}

TEST(Focus, ASessionIsItsQuantityTimesItsPrice) {
    for (const FocusRow& row : rows_of(sample_invoice(), sample_zone())) {
        if (row.category != FocusCategory::usage) {
            EXPECT_FALSE(row.usage);
            continue;
        }
        EXPECT_EQ(row.usage->priced * row.usage->unit_price, row.cost);
    }
}

TEST(Focus, ConsumedIsTheUsedTimeAndPricedTheBillable) {
    const auto rows = rows_of(sample_invoice(), sample_zone());
    EXPECT_EQ(rows[0].usage->session.text(), "s-3");
    EXPECT_EQ(rows[0].usage->priced, decimal("1.8"));      // 0.03 GB × 60 s
    EXPECT_EQ(rows[0].usage->consumed, decimal("1.785"));  // 0.03 GB × 59.5 s
    EXPECT_EQ(rows[3].usage->session.text(), "s-4");
    EXPECT_EQ(rows[3].usage->priced, decimal("-150"));
    EXPECT_EQ(rows[3].usage->consumed, decimal("-149.75"));
}

TEST(Focus, EachReplicaConsumesWhereEachIsPriced) {
    Row row("s");
    row.row.concurrency = 4;
    row.row.gb_seconds = decimal("120");  // 0.50 GB × 60 s × 4
    row.row.amount = *row.row.gb_seconds * decimal("0.0000166667");
    const auto rows = rows_of(issued(builders::input({row}), "TG-1"), sample_zone());
    EXPECT_EQ(rows[0].usage->consumed, decimal("119"));
}

TEST(Focus, WhatCorrectsAnEarlierMonthIsACorrectionOfThatTime) {
    const auto rows = rows_of(sample_invoice(), sample_zone());
    EXPECT_THAT(of_category(rows, FocusCategory::usage), SizeIs(4));
    int corrections = 0;
    for (const FocusRow& row : rows) {
        if (!row.is_correction) continue;
        ++corrections;
        EXPECT_TRUE(row.usage ? row.usage->session.text() == "s-4"
                              : row.description.find("2026-09") != std::string::npos);
    }
    EXPECT_EQ(corrections, 2);  // the session, and the rounding of its line
}

TEST(Focus, ACreditIsACreditAndAChargeAnAdjustment) {
    const auto rows = rows_of(sample_invoice(), sample_zone());
    const auto credits = of_category(rows, FocusCategory::credit);
    ASSERT_THAT(credits, SizeIs(1));
    EXPECT_EQ(credits[0].cost, decimal("-0.50"));
    EXPECT_EQ(credits[0].description, "promise: goodwill, \"as agreed\"");
    EXPECT_EQ(credits[0].start, statement_of(sample_invoice(), sample_zone()).billing_start);
}

TEST(Focus, PeriodsAreTheZonesAndChargesWholeSeconds) {
    const Invoice invoice = sample_invoice();
    const auto statement = statement_of(invoice, sample_zone());
    EXPECT_EQ(to_text(statement.billing_start), "2026-09-30T18:30:00Z");
    EXPECT_EQ(to_text(statement.billing_end), "2026-10-31T18:30:00Z");
    const auto rows = rows_of(invoice, sample_zone());
    EXPECT_EQ(to_text(rows[1].start), "2026-10-05T10:00:00Z");
    EXPECT_EQ(to_text(rows[1].end), "2026-10-05T10:01:00Z");  // used until 10:00:59.5
}

TEST(Focus, AChargeLastsASecondAtLeastAndOneWithoutInstantsItsMonth) {
    SessionEntry entry = sample_invoice().sessions[1];
    const auto statement = statement_of(sample_invoice(), sample_zone());
    entry.end = entry.start;
    FocusRow row = usage_row(statement, entry, decimal("1"), sample_zone());
    EXPECT_EQ(row.end - row.start, calendar::Duration::seconds(1));
    entry.start = entry.end = std::nullopt;
    row = usage_row(statement, entry, decimal("1"), sample_zone());
    EXPECT_EQ(row.start, statement.billing_start);
    EXPECT_EQ(row.end, statement.billing_end);
}

TEST(Focus, ALineThatNeedsNoRoundingHasNoRowOfIt) {
    const auto rows =
        rows_of(issued(builders::input({Row("s").plan("dear").priced("0.05", "1")}), "TG-1"),
                sample_zone());
    EXPECT_THAT(rows, SizeIs(1));
}

TEST(Focus, ASessionWithoutItsLineIsNoInvoice) {
    Invoice invoice = sample_invoice();
    invoice.lines.clear();
    EXPECT_THROW((void)get_unit_price(invoice, invoice.sessions[0]), std::runtime_error);
}

}  // namespace
}  // namespace invoicing
