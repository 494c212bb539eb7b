#include "reports/csv.h"

namespace reports {
namespace {

struct FieldCase {
    std::string text;
    std::string field;
};

class CsvField : public testing::TestWithParam<FieldCase> {};

TEST_P(CsvField, IsQuotedAndNeverAFormula) {
    EXPECT_EQ(to_csv_field(GetParam().text), GetParam().field);
}

INSTANTIATE_TEST_SUITE_P(
    Table, CsvField,
    testing::Values(FieldCase{"", ""}, FieldCase{"plain", "plain"}, FieldCase{"a,b", "\"a,b\""},
                    FieldCase{"say \"hi\"", "\"say \"\"hi\"\"\""},
                    FieldCase{"two\r\nlines", "\"two\r\nlines\""}, FieldCase{"日本", "日本"},
                    FieldCase{"=1+1", "'=1+1"}, FieldCase{"+1", "'+1"},
                    FieldCase{"@SUM(A1)", "'@SUM(A1)"},
                    FieldCase{"-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"},
                    FieldCase{"\t=1", "'\t=1"}, FieldCase{"\r=1", "\"'\r=1\""},
                    FieldCase{"=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""},
                    FieldCase{"-12.30", "-12.30"}, FieldCase{"-1e5", "'-1e5"},
                    FieldCase{"a=b", "a=b"}));

TEST(CsvLine, EndsWithCarriageReturnAndLineFeed) {
    EXPECT_EQ(to_csv_line({"a", "", "c"}), "a,,c\r\n");
    EXPECT_EQ(to_csv_line({"", "b"}), ",b\r\n");
}

}  // namespace
}  // namespace reports
