#include "reconciling/matching.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <random>

namespace reconciling {
namespace {

using calendar::Duration;
using calendar::Instant;
using money::Decimal;

constexpr Duration one_second = Duration::seconds(1);

Instant at(double seconds) {
    return {1'790'000'000'000'000 + static_cast<std::int64_t>(seconds * 1e6)};
}

BillLine line(std::uint64_t number, double from, double to, const std::string& model = "m") {
    BillLine result;
    result.number = number;
    result.model = model;
    result.start = at(from);
    result.end = at(to);
    result.seconds = Decimal::scaled(static_cast<std::int64_t>((to - from) * 1e6), 6);
    return result;
}

OurSession session(const std::string& id, double from, double to, const std::string& model = "m") {
    OurSession result;
    result.id = id;
    result.account = "Ada";
    result.model = model;
    result.created = at(from - 10.5);
    result.loaded = at(from - 10);
    result.start = at(from);
    result.end = at(to);
    result.seconds = Decimal::scaled(static_cast<std::int64_t>((to - from) * 1e6), 6);
    result.billed_seconds = Decimal(60);
    result.amount = money::parse_decimal("0.0012499");
    return result;
}

/// Line number → session's id and the fields that differ.
std::string shown(const Reconciliation& result) {
    std::string text;
    for (const Match& match : result.matches) {
        text += std::to_string(result.lines[match.line].number) + "=" +
                result.sessions[match.session].id;
        for (const Difference& difference : match.differences)
            text += " " + difference.field + ":" + difference.by;
        text += "; ";
    }
    for (const std::size_t i : result.only_theirs)
        text += "theirs " + std::to_string(result.lines[i].number) + "; ";
    for (const std::size_t i : result.only_ours) text += "ours " + result.sessions[i].id + "; ";
    return text;
}

struct Row {
    const char* rule;
    std::vector<BillLine> lines;
    std::vector<OurSession> sessions;
    std::string expected;
};

BillLine changed(BillLine line, const std::function<void(BillLine&)>& change) {
    change(line);
    return line;
}

OurSession changed(OurSession session, const std::function<void(OurSession&)>& change) {
    change(session);
    return session;
}

TEST(Matching, FollowsEachRule) {
    const std::vector<Row> all = {
        {"the same", {line(2, 100, 200)}, {session("s", 100, 200)}, "2=s; "},
        {"within the tolerance", {line(2, 100, 199.2)}, {session("s", 100.9, 200)}, "2=s; "},
        {"a start beyond it",
         {line(2, 98, 200)},
         {session("s", 100, 200)},
         "2=s start:-2 seconds:2; "},
        {"an end beyond it, by the microsecond",
         {line(2, 100, 201.000001)},
         {session("s", 100, 200)},
         "2=s end:1.000001 seconds:1.000001; "},
        {"another model", {line(2, 100, 200, "n")}, {session("s", 100, 200)}, "theirs 2; ours s; "},
        {"another time", {line(2, 300, 400)}, {session("s", 100, 200)}, "theirs 2; "},
        {"ours that the bill's time holds",
         {line(2, 100, 200), line(3, 900, 950)},
         {session("a", 100, 200), session("b", 400, 500), session("c", 900, 950),
          session("d", 2000, 2100)},
         "2=a; 3=c; ours b; "},
        {"a free session is missing in no bill",
         {line(2, 100, 200), line(3, 900, 950)},
         {session("a", 100, 200), session("c", 900, 950),
          changed(session("free", 400, 500),
                  [](OurSession& s) { s.start = s.end = std::nullopt; })},
         "2=a; 3=c; "},
        {"a line for a free session",
         {line(2, 92, 200)},
         {changed(session("free", 100, 200),
                  [](OurSession& s) {
                      s.start = s.end = std::nullopt;
                      s.gone = at(95);
                      s.seconds = Decimal();
                  })},
         "2=free start: end: seconds:108; "},
        {"one to one: the nearest, and the other is left",
         {line(2, 100, 200), line(3, 101.5, 200)},
         {session("s", 101.5, 200)},
         "3=s; theirs 2; "},
        {"the same line twice is billed twice",
         {line(2, 100, 200), line(3, 100, 200)},
         {session("s", 100, 200)},
         "2=s; theirs 3; "},
        {"nearest pairs first, though another overlaps as well",
         {line(2, 100, 210), line(3, 210, 300)},
         {session("a", 100, 209), session("b", 209, 300)},
         "2=a; 3=b; "},
        {"the same instance, whatever its time",
         {changed(line(2, 500, 600), [](BillLine& l) { l.created = at(89.5); })},
         {session("s", 100, 200), session("t", 500, 600)},
         "2=s start:400 end:400; ours t; "},
        {"our session's id, whatever its time",
         {changed(line(2, 500, 600), [](BillLine& l) { l.instance = "s"; })},
         {session("s", 100, 200), session("t", 500, 600)},
         "2=s start:400 end:400; ours t; "},
        {"the same account before the nearer one",
         {changed(line(2, 100, 200), [](BillLine& l) { l.account = "Bo"; })},
         {session("a", 100, 200),
          changed(session("b", 105, 200), [](OurSession& s) { s.account = "Bo"; })},
         "2=b start:-5 seconds:5; ours a; "},
        {"created alone",
         {changed(line(2, 0, 0),
                  [](BillLine& l) {
                      l.created = at(89.5);
                      l.start = l.end = std::nullopt;
                      l.seconds.reset();
                  })},
         {session("s", 100, 200)},
         "2=s; "},
        {"an open session's end",
         {line(2, 100, 200)},
         {changed(session("s", 100, 500), [](OurSession& s) { s.is_open = true; })},
         "2=s end:; "},
        {"an amount in fewer digits than ours",
         {changed(line(2, 100, 200),
                  [](BillLine& l) { l.amount = money::parse_decimal("0.00125"); })},
         {session("s", 100, 200)},
         "2=s; "},
        {"an amount that rounds otherwise",
         {changed(line(2, 100, 200),
                  [](BillLine& l) { l.amount = money::parse_decimal("0.00126"); })},
         {session("s", 100, 200)},
         "2=s amount:0.0000101; "},
        {"an amount of a session without one",
         {changed(line(2, 100, 200), [](BillLine& l) { l.amount = Decimal(1); })},
         {changed(session("s", 100, 200), [](OurSession& s) { s.amount.reset(); })},
         "2=s amount:; "},
        {"billed seconds",
         {changed(line(2, 100, 200), [](BillLine& l) { l.billed_seconds = Decimal(120); })},
         {session("s", 100, 200)},
         "2=s billed_seconds:60; "},
        {"an empty bill", {}, {session("s", 100, 200)}, ""},
    };
    for (const Row& row : all) {
        const auto result = reconcile(row.lines, row.sessions, one_second);
        EXPECT_EQ(shown(result), row.expected) << row.rule;
        EXPECT_EQ(result.agrees(), row.expected.find_first_of(":o") == std::string::npos &&
                                       row.expected.find("theirs") == std::string::npos)
            << row.rule;
    }
}

TEST(Matching, SumsBothSides) {
    auto first = line(2, 100, 200);
    first.amount = money::parse_decimal("0.1");
    auto second = line(3, 300, 400);
    second.amount = money::parse_decimal("0.25");
    const auto result = reconcile(
        {first, second},
        {session("a", 100, 200), session("b", 350, 400), session("far", 9000, 9100)}, one_second);
    EXPECT_EQ(result.theirs.count, 2u);
    EXPECT_EQ(to_text(result.theirs.seconds), "200");
    EXPECT_EQ(to_text(result.theirs.amount), "0.35");
    EXPECT_EQ(result.ours.count, 2u);
    EXPECT_EQ(to_text(result.ours.seconds), "150");
    EXPECT_EQ(to_text(result.ours.amount), "0.0024998");
}

/// A history of instances of three models, and the bill of it with some lines gone, doubled,
/// changed or invented.
struct Generated {
    std::vector<BillLine> lines;
    std::vector<OurSession> sessions;
    std::size_t agreeing = 0, differing = 0, only_theirs = 0, only_ours = 0;
};

Generated generate(std::uint64_t seed) {
    std::mt19937_64 dice(seed);
    const auto upto = [&](std::uint64_t most) { return static_cast<double>(dice() % (most + 1)); };
    Generated all;
    std::uint64_t number = 1;
    for (const char* model : {"x", "y", "z"}) {
        double from = 1000;
        for (int i = 0; i < 40; ++i) {
            const double to = from + 60 + upto(5000);
            const std::string id = std::string(model) + std::to_string(i);
            const auto what = dice() % 10;
            // The first and the last stay, so that the bill's time holds them all.
            if (what == 0 && i > 0 && i < 39) {
                all.sessions.push_back(session(id, from, to, model));
                ++all.only_ours;
            } else if (what == 1) {
                all.lines.push_back(line(++number, from, to, model));
                ++all.only_theirs;
            } else if (what == 2) {
                all.sessions.push_back(session(id, from, to, model));
                all.lines.push_back(line(++number, from + 5, to, model));
                ++all.differing;
            } else {
                all.sessions.push_back(session(id, from, to, model));
                all.lines.push_back(line(++number, from + upto(1) / 2, to - upto(1) / 2, model));
                ++all.agreeing;
                if (what == 3) {
                    all.lines.push_back(all.lines.back());
                    all.lines.back().number = ++number;
                    ++all.only_theirs;
                }
            }
            from = to + 30 + upto(4000);
        }
    }
    return all;
}

TEST(Matching, FindsWhatWasChangedInAnyOrder) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const Generated all = generate(seed);
        const auto expected = reconcile(all.lines, all.sessions, one_second);
        const auto differing = static_cast<std::size_t>(
            std::count_if(expected.matches.begin(), expected.matches.end(),
                          [](const Match& match) { return !match.differences.empty(); }));
        EXPECT_EQ(expected.matches.size() - differing, all.agreeing) << seed;
        EXPECT_EQ(differing, all.differing) << seed;
        EXPECT_EQ(expected.only_theirs.size(), all.only_theirs) << seed;
        EXPECT_EQ(expected.only_ours.size(), all.only_ours) << seed;
        std::mt19937_64 dice(seed);
        auto lines = all.lines;
        auto sessions = all.sessions;
        std::shuffle(lines.begin(), lines.end(), dice);
        std::shuffle(sessions.begin(), sessions.end(), dice);
        EXPECT_EQ(shown(reconcile(lines, sessions, one_second)), shown(expected)) << seed;
    }
}

TEST(Matching, ManyLinesOfManyModelsTakeNoTimeToSpeakOf) {
    std::vector<BillLine> lines;
    std::vector<OurSession> sessions;
    for (int i = 0; i < 50'000; ++i) {
        lines.push_back(line(static_cast<std::uint64_t>(i) + 2, i * 100.0, i * 100.0 + 80));
        sessions.push_back(session(std::to_string(i), i * 100.0, i * 100.0 + 80));
    }
    EXPECT_TRUE(reconcile(lines, sessions, one_second).agrees());
}

TEST(Matching, RefusesMorePairsThanItWeighs) {
    std::vector<BillLine> lines;
    std::vector<OurSession> sessions;
    for (int i = 0; i < 2'300; ++i) {
        lines.push_back(line(static_cast<std::uint64_t>(i) + 2, i, 100'000));
        sessions.push_back(session(std::to_string(i), i, 100'000));
    }
    EXPECT_THROW(reconcile(lines, sessions, one_second), TooManyPairs);
}

}  // namespace
}  // namespace reconciling
