#include "reconciling/bill_reader.h"

#include <gmock/gmock.h>

namespace reconciling {
namespace {

using testing::HasSubstr;

std::vector<BillLine> read(std::string_view text, const ColumnNames& names = {}) {
    auto bill = read_bill(text, names);
    if (const auto* fault = std::get_if<Unreadable>(&bill)) {
        ADD_FAILURE() << "line " << fault->line << ": " << fault->why;
        return {};
    }
    return std::get<std::vector<BillLine>>(bill);
}

std::string shown(const BillLine& line) {
    const auto text = [](const auto& value) { return value ? to_text(*value) : std::string("-"); };
    return std::to_string(line.number) + " " + line.model + " " + text(line.created) + " " +
           text(line.start) + " " + text(line.end) + " " + text(line.seconds) + " " +
           text(line.billed_seconds) + " " + text(line.amount) + " " + line.instance;
}

TEST(BillReader, ReadsTheSameOfEachFormat) {
    const std::vector<std::string> texts = {
        "model,start,end,billed_seconds,amount,instance\n"
        "a/b,2026-10-05T10:00:00Z,2026-10-05T10:15:00Z,900,0.0125,i-1\n"
        "c,2026-10-05T11:00:00Z,,60,1,\n",
        "[{\"model\":\"a/b\",\"start\":\"2026-10-05T10:00:00Z\",\"end\":\"2026-10-05T10:15:00Z\","
        "\"billed_seconds\":900,\"amount\":0.0125,\"instance\":\"i-1\"},\n"
        "{\"model\":\"c\",\"start\":\"2026-10-05T11:00:00Z\",\"end\":null,\"billed_seconds\":60,"
        "\"amount\":\"1\"}]",
        "{\"model\":\"a/b\",\"start\":\"2026-10-05T10:00:00Z\",\"end\":\"2026-10-05T10:15:00Z\","
        "\"billed_seconds\":\"900\",\"amount\":1.25e-2,\"instance\":\"i-1\",\"else\":[1,{\"x\":2}]}"
        "\n"
        "{\"model\":\"c\",\"start\":\"2026-10-05T11:00:00Z\",\"billed_seconds\":60,\"amount\":1}"};
    for (const std::string& text : texts) {
        const auto lines = read(text);
        ASSERT_EQ(lines.size(), 2u) << text;
        EXPECT_THAT(shown(lines[0]),
                    testing::EndsWith(" a/b - 2026-10-05T10:00:00Z 2026-10-05T10:15:00Z - 900 "
                                      "0.0125 i-1"));
        EXPECT_THAT(shown(lines[1]), testing::EndsWith(" c - 2026-10-05T11:00:00Z - - 60 1 "));
    }
}

TEST(BillReader, CountsLinesAsAnEditorDoes) {
    EXPECT_EQ(read("model,start\r\n\r\n\"a\nb\",2026-10-05T10:00:00Z\r\n"
                   "c,2026-10-05T10:00:00Z")[1]
                  .number,
              5u);
    const auto array = read(
        "[\n\n {\"model\":\"a\",\n\"start\":\"2026-10-05T10:00:00Z\"}\n,\n"
        "{\"model\":\"b\",\"start\":\"2026-10-05T10:00:00Z\"} ]\n");
    EXPECT_EQ(array[0].number, 3u);
    EXPECT_EQ(array[1].number, 6u);
    EXPECT_EQ(read("\n{\"model\":\"a\",\"start\":\"2026-10-05T10:00:00Z\"}\n")[0].number, 2u);
}

TEST(BillReader, TakesUsualNamesAndMappedOnes) {
    const auto usual = read(
        "Model_Name,Started_At,ENDED_AT,cost,region\n"
        "a,2026-10-05T10:00:00Z,2026-10-05T10:00:09Z,3,eu\n");
    EXPECT_EQ(shown(usual.at(0)), "2 a - 2026-10-05T10:00:00Z 2026-10-05T10:00:09Z - - 3 ");
    ColumnNames names;
    names.map("What ran", Column::model);
    names.map("boot", Column::start);
    names.map("EUR", Column::amount);
    const auto mapped =
        read("What ran,boot,start,EUR,amount\na,2026-10-05T10:00:00Z,never,3,nothing\n", names);
    EXPECT_EQ(shown(mapped.at(0)), "2 a - 2026-10-05T10:00:00Z - - - 3 ");
}

TEST(BillReader, MovesOffsetsToUtcAndKeepsEveryDigit) {
    const auto lines = read(
        "model,start,seconds,amount\n"
        "a,2026-10-05T12:00:00.25+02:00,0.000001,123456789012345.000000000001\n"
        "b,2026-10-05 05:30:00-04:30,1,-2.50\n");
    EXPECT_EQ(shown(lines.at(0)),
              "2 a - 2026-10-05T10:00:00.25Z - 0.000001 - 123456789012345.000000000001 ");
    EXPECT_EQ(shown(lines.at(1)), "3 b - 2026-10-05T10:00:00Z - 1 - -2.5 ");
    EXPECT_EQ(lines.at(1).amount->decimals(), 2u);
    const auto json = read(
        "{\"model\":\"a\",\"start\":\"2026-10-05T10:00:00Z\","
        "\"amount\":0.1234567890123456789012345678}");
    EXPECT_EQ(to_text(*json.at(0).amount), "0.1234567890123456789012345678");
}

struct Bad {
    const char* rule;
    std::string text;
    std::uint64_t line;
    const char* why;
};

TEST(BillReader, NamesTheLineAndWhy) {
    const std::string head = "model,start,end,seconds,amount\n";
    const std::string good = "a,2026-10-05T10:00:00Z,,,\n";
    const std::vector<Bad> all = {
        {"nothing", "", 1, "is empty"},
        {"blanks", " \n\n", 1, "is empty"},
        {"an instant without an offset", head + good + "a,2026-10-05T10:00:00,,,\n", 3,
         "start is not an instant"},
        {"a day alone", head + "a,2026-10-05,,,\n", 2, "start is not an instant"},
        {"seven digits", head + "a,2026-10-05T10:00:00.1234567Z,,,\n", 2, "start is not"},
        {"no model", head + good + good + ",2026-10-05T10:00:00Z,,,\n", 4, "model is missing"},
        {"no start", head + "a,,,1,\n", 2, "start is missing"},
        {"an end before the start", head + "a,2026-10-05T10:00:00Z,2026-10-05T09:59:59Z,,\n", 2,
         "end lies before"},
        {"negative time", head + "a,2026-10-05T10:00:00Z,,-1,\n", 2, "seconds is negative"},
        {"not a number", head + "a,2026-10-05T10:00:00Z,,,1 EUR\n", 2, "amount is not a decimal"},
        {"a comma for a point", head + "a,2026-10-05T10:00:00Z,,,\"1,5\"\n", 2, "amount is not"},
        {"a huge number", head + "a,2026-10-05T10:00:00Z,,,1" + std::string(18, '0') + "\n", 2,
         "below 10^18"},
        {"a number of too many digits",
         head + "a,2026-10-05T10:00:00Z,,,0." + std::string(31, '1') + "\n", 2, "30 decimals"},
        {"a field too many", head + good + "a,2026-10-05T10:00:00Z,,,,\n", 3, "has 6 fields"},
        {"a field too few", head + "a,2026-10-05T10:00:00Z\n", 2, "has 2 fields, the header 5"},
        {"an open quote", head + good + "\"a,2026-10-05T10:00:00Z,,,\n\n", 3, "never closed"},
        {"text behind a quote", head + "\"a\"b,2026-10-05T10:00:00Z,,,\n", 2, "behind a closing"},
        {"a quote within", head + "a\"b,2026-10-05T10:00:00Z,,,\n", 2, "a quote within"},
        {"two columns of one meaning",
         "model,start,started_at\na,2026-10-05T10:00:00Z,"
         "2026-10-05T10:00:00Z\n",
         2, "two columns, `start` and `started_at`"},
        {"a JSON line that is none", "{\"model\":\"a\",\"start\":\"2026-10-05T10:00:00Z\"}\n{\n", 2,
         "is not JSON"},
        {"a JSON line that is no object",
         "{\"model\":\"a\",\"start\":\"2026-10-05T10:00:00Z\"}\n[1]\n", 2, "not a JSON object"},
        {"a name twice", "{\"model\":\"a\",\"model\":\"b\"}", 1, "`model` twice"},
        {"a nested value", "{\"model\":{\"name\":\"a\"}}", 1, "model is no plain value"},
        {"an instant that is a number", "{\"model\":\"a\",\"start\":1790000000}", 1,
         "start is not an instant"},
        {"a number beyond reading",
         "{\"model\":\"a\",\"start\":\"2026-10-05T10:00:00Z\",\"amount\":1e400}", 1, ""},
        {"an array that is not closed",
         "[\n{\"model\":\"a\",\"start\":\"2026-10-05T10:00:00Z\"},\n"
         "{\"model\":\"b\"\n",
         3, "never closed"},
        {"an array's comma too many", "[{\"model\":\"a\",\"start\":\"2026-10-05T10:00:00Z\"},\n]",
         2, "is not JSON"},
        {"an element that is no object", "[\n1]", 2, "not a JSON object"},
        {"text behind the array", "[]\n x", 2, "behind the array"},
    };
    for (const Bad& row : all) {
        const auto bill = read_bill(row.text, {});
        const auto* fault = std::get_if<Unreadable>(&bill);
        ASSERT_TRUE(fault) << row.rule;
        EXPECT_EQ(fault->line, row.line) << row.rule;
        EXPECT_THAT(fault->why, HasSubstr(row.why)) << row.rule;
    }
}

TEST(BillReader, AnEmptyArrayAndAHeaderAloneAreBillsOfNothing) {
    EXPECT_TRUE(read(" [ ] ").empty());
    EXPECT_TRUE(read("\xEF\xBB\xBFmodel,start\n").empty());
}

TEST(BillReader, RefusesWhatIsBeyondItsLimits) {
    std::string text = "model,start\n";
    for (std::size_t i = 0; i <= bill_lines_limit; ++i) text += "a,2026-10-05T10:00:00Z\n";
    const auto bill = read_bill(text, {});
    ASSERT_TRUE(std::holds_alternative<Unreadable>(bill));
    EXPECT_EQ(std::get<Unreadable>(bill).line, bill_lines_limit + 2);
    const std::string large(bill_bytes_limit + 1, ' ');
    EXPECT_THAT(std::get<Unreadable>(read_bill(large, {})).why, HasSubstr("64 MiB"));
}

}  // namespace
}  // namespace reconciling
