#include "reports/focus_csv.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/focus_sample.h"

namespace reports {
namespace {

using support::sample_invoice;
using support::sample_zone;
using testing::HasSubstr;
using testing::Not;

std::string csv_of(const invoicing::Invoice& invoice) {
    const auto statement = statement_of(invoice, sample_zone());
    std::string text = focus_header();
    for (const auto& row : support::rows_of(invoice, sample_zone()))
        append_focus_row(text, statement, row);
    return text;
}

// tests/focus holds this file against the rules of the specification.
TEST(FocusCsv, IsTheSampleToTheByte) {
    std::ifstream file(TEST_DATA "/focus/invoice.csv", std::ios::binary);
    std::stringstream sample;
    sample << file.rdbuf();
    EXPECT_EQ(csv_of(sample_invoice()), sample.str());
}

TEST(FocusCsv, LeavesNamesAsTheyAre) {
    EXPECT_THAT(csv_of(sample_invoice()), HasSubstr(",\"@cf/\"\"quoted\"\", model\","));
}

TEST(FocusCsv, OfNoInvoiceHasNoNumber) {
    invoicing::Invoice invoice = sample_invoice();
    invoice.number.reset();
    EXPECT_THAT(csv_of(sample_invoice()), HasSubstr(",TG-2026-000007,"));
    EXPECT_THAT(csv_of(invoice), Not(HasSubstr("TG-2026")));
}

TEST(FocusMetadata, DefinesEveryColumnInItsOrder) {
    const auto metadata = nlohmann::json::parse(
        focus_metadata({.version = "1.2.3",
                        .created_at = calendar::parse_instant("2026-11-02T00:00:00Z").value(),
                        .month = "2026-10",
                        .invoiced = "focus-2026-10.csv",
                        .open = "focus-2026-10.open.csv"}));
    std::string header;
    for (const auto& column : metadata["Schema"]["ColumnDefinition"])
        header += (header.empty() ? "" : ",") + column["ColumnName"].get<std::string>();
    EXPECT_EQ(header + "\r\n", focus_header());
    EXPECT_EQ(metadata["Schema"]["FocusVersion"], "1.2");
    EXPECT_EQ(metadata["Schema"]["SchemaId"], focus_schema_id());
    EXPECT_EQ(metadata["Schema"]["CreationDate"], "2026-11-02T00:00:00Z");
    EXPECT_EQ(metadata["DataGenerator"]["DataGenerator"], "Tollgate 1.2.3");
    EXPECT_EQ(metadata["x_Export"]["OpenFile"], "focus-2026-10.open.csv");
    EXPECT_TRUE(metadata["x_Export"]["BillingAccountName"].is_null());
}

}  // namespace
}  // namespace reports
