#include "metering/session_reader.h"

#include <gtest/gtest.h>

#include "metering/builders.h"
#include "metering/charge_json.h"

namespace metering {
namespace {

const std::string good =
    R"({"session":"s","account":"a","model":"m","gb":"0.50","concurrency":2,)"
    R"("loaded_at":"2026-10-05T10:00:00Z","running_at":null,"expires_at":null,)"
    R"("ended_at":"2026-10-05T10:01:00Z","end_reason":"deleted"})";

std::string read(std::string line, SessionFacts& facts) {
    const std::size_t size = line.size();
    line.append(SessionReader::padding, '}');  // whatever follows must not matter
    SessionReader reader;
    return std::string(reader.read(std::string_view(line).substr(0, size), facts));
}

std::string fault(const std::string& line) {
    SessionFacts facts;
    return read(line, facts);
}

std::string with(const std::string& part, const std::string& by) {
    std::string line = good;
    const std::size_t at = line.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    return line.replace(at, part.size(), by);
}

std::string with_key(const std::string& member) {
    return good.substr(0, good.size() - 1) + "," + member + "}";
}

TEST(SessionReader, ReadsAllTenKeys) {
    SessionFacts facts;
    ASSERT_EQ(read(good, facts), "");
    EXPECT_EQ(facts.session, "s");
    EXPECT_EQ(facts.account, "a");
    EXPECT_EQ(facts.model, "m");
    EXPECT_EQ(facts.gb, decimal("0.5"));
    EXPECT_EQ(facts.concurrency, 2);
    EXPECT_EQ(facts.loaded_at, at("2026-10-05T10:00:00Z"));
    EXPECT_FALSE(facts.running_at);
    EXPECT_FALSE(facts.expires_at);
    EXPECT_EQ(facts.ended_at, at("2026-10-05T10:01:00Z"));
    EXPECT_EQ(facts.end_reason, "deleted");
    EXPECT_FALSE(facts.estimated);
}

TEST(SessionReader, KeepsNothingOfTheLineBefore) {
    SessionFacts facts = a_session().expires("2026-10-05T10:30:00Z").gone().estimated();
    ASSERT_EQ(read(with(R"("ended_at":"2026-10-05T10:01:00Z","end_reason":"deleted")",
                        R"("ended_at":null,"end_reason":null)"),
                   facts),
              "");
    EXPECT_FALSE(facts.expires_at || facts.running_at || facts.ended_at || facts.end_reason);
    EXPECT_FALSE(facts.estimated);
    ASSERT_EQ(read(with(R"("0.50")", "null"), facts), "");
    EXPECT_FALSE(facts.gb);
}

TEST(SessionReader, WritesWhatItReads) {
    SessionFacts facts, again;
    ASSERT_EQ(read(with(R"("session":"s")", R"("session":"\u00e9\"\\\n\u0000")"), facts), "");
    std::string line;
    append_session_json(line, facts);
    ASSERT_EQ(read(line, again), "") << line;
    EXPECT_EQ(again.session, std::string("\xc3\xa9\"\\\n\0", 6));
    std::string second;
    append_session_json(second, again);
    EXPECT_EQ(second, line);
}

TEST(SessionReader, ReadsGbFromItsText) {
    const std::pair<const char*, const char*> table[] = {
        {"2.232933128273094", "2.232933128273094"},
        {"0.123456789012345678", "0.123456789012345678"},
        {"1e-18", "0.000000000000000001"},
        {"9.99e8", "999000000"},
        {"999999999.999999999999999999", "999999999.999999999999999999"},
        {"\"0.50\"", "0.5"},
        {"\"5E-1\"", "0.5"},
        {"7 ", "7"},
    };
    for (const auto& [text, value] : table) {
        SessionFacts facts;
        ASSERT_EQ(read(with(R"("0.50")", text), facts), "") << text;
        EXPECT_EQ(money::to_text(facts.gb.value()), value);
    }
    for (const char* text :
         {"0",      "0.0",     "-1",  "1000000000", "1e9",   "1e-19",   "\"\"",
          "\" 1\"", "\"1,5\"", "01",  "1.",         ".5",    "+1",      "true",
          "nul",    "nulll",   "[1]", "{}",         "1e999", "\"NaN\"", "0.1234567890123456789"}) {
        EXPECT_NE(fault(with(R"("0.50")", text)), "") << text;
    }
}

TEST(SessionReader, ReadsConcurrencyAsAnInteger) {
    for (const char* text : {"1", "1000000"})
        EXPECT_EQ(fault(with(R"("concurrency":2)", std::string(R"("concurrency":)") + text)), "");
    for (const char* text : {"0", "-1", "1.0", "1e0", "01", "1000001", "99999999999999999999",
                             "\"1\"", "null", "true", "[]"})
        EXPECT_NE(fault(with(R"("concurrency":2)", std::string(R"("concurrency":)") + text)), "")
            << text;
}

TEST(SessionReader, RefusesADuplicateKeyHoweverItIsWritten) {
    EXPECT_EQ(fault(with_key(R"("model":"twice")")), "a duplicate key");
    EXPECT_EQ(fault(with_key(R"("\u006dodel":"twice")")), "a duplicate key");
    EXPECT_EQ(fault(with_key(R"("x":1,"y":2,"x":3)")), "a duplicate key");
    EXPECT_EQ(fault(with_key(R"("x":{"a":[{"b":1,"b":2}]})")), "a duplicate key");
    EXPECT_EQ(fault(with_key(R"("x":{"a":1},"y":{"a":1},"z":[{"a":1},{"a":1}])")), "");
}

TEST(SessionReader, ValidatesWhatItDoesNotNeed) {
    for (const char* value :
         {"1", "-0.5e+10", "1e999", "123456789012345678901234567890123456789012345678901234567890",
          "true", "false", "null", "\"\\u00e9\"", "[]", "{}", "[1,[2,{\"a\":null}]]",
          "\"\xc3\xa9\""})
        EXPECT_EQ(fault(with_key(std::string("\"x\":") + value)), "") << value;
    for (const char* value : {"",
                              "01",
                              "1.",
                              "-",
                              "+1",
                              "tru",
                              "truex",
                              "nul",
                              "nullx",
                              "[1,]",
                              "[1 2]",
                              "{\"a\"}",
                              "{\"a\":1,}",
                              "{1:2}",
                              "[",
                              "{",
                              "\"",
                              "\"\\x\"",
                              "\"\\u12\"",
                              "\"\x01\"",
                              "\"\xff\"",
                              "\"\xed\xa0\x80\"",
                              "\"\xc0\x80\"",
                              "'a'",
                              "NaN",
                              "Infinity",
                              "1 2",
                              "//",
                              "\xef\xbb\xbf"
                              "1"})
        EXPECT_NE(fault(with_key(std::string("\"x\":") + value)), "") << value;
}

TEST(SessionReader, RefusesAllButOneObject) {
    for (const std::string& line :
         {std::string("{"), std::string("[1]"), std::string("1"), std::string("null"), good + "{}",
          good + "x", good + ",", good + good, "[" + good + "]", "\xef\xbb\xbf" + good,
          good.substr(0, good.size() - 1), "x" + good, good + "}"})
        EXPECT_NE(fault(line), "") << line;
    EXPECT_EQ(fault("  " + good + " \t\r"), "");
}

TEST(SessionReader, RefusesDeepNesting) {
    const auto nested = [](std::size_t depth) {
        std::string member = "\"x\":";
        member.append(depth, '[').append(depth, ']');
        return with_key(member);
    };
    EXPECT_EQ(fault(nested(400)), "");
    EXPECT_EQ(fault(nested(100'000)), "nested too deeply");
}

TEST(SessionReader, NamesAMissingKey) {
    for (const char* key : {"session", "account", "model", "gb", "concurrency", "loaded_at",
                            "running_at", "expires_at", "ended_at", "end_reason"}) {
        const std::string quoted = "\"" + std::string(key) + "\"";
        EXPECT_EQ(fault(with(quoted, "\"other\"")), std::string(key) + " is missing");
    }
}

TEST(SessionReader, SurvivesEveryCutOfALine) {
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_NE(fault(good.substr(0, size)), "") << size;
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (int byte = 0; byte < 256; ++byte) {
            std::string line = good;
            line[at] = static_cast<char>(byte);
            (void)fault(line);
        }
    }
}

}  // namespace
}  // namespace metering
