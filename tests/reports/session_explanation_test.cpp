#include "reports/session_explanation.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lifecycle/history.h"
#include "reports/table.h"

namespace reports {
namespace {

using lifecycle::History;
using lifecycle::InstanceSeen;
using lifecycle::second;
using testing::HasSubstr;

metering::Plan plan_of(const std::string& name) {
    std::ifstream file(std::string(TEST_DATA) + "/plans/" + name + ".json");
    const std::string json{std::istreambuf_iterator<char>(file), {}};
    return std::get<metering::Plan>(metering::parse_plan(json));
}

SessionStory story_of(const History& history, const History& guests = {}) {
    const auto sessions = lifecycle::fold(history.upstream, history.facts, {guests.facts, {}});
    SessionStory story;
    story.session = sessions.at(0);
    story.account = "Ada";
    story.plan = plan_of("bytez-2024-06");
    for (const auto& fact : history.facts)
        story.facts.push_back({fact.gateway, fact.sequence, fact.fact, false});
    for (const auto& fact : guests.facts)
        story.facts.push_back({fact.gateway, fact.sequence, fact.fact, true});
    return story;
}

History booted() {
    History history;
    history.load(100).seen(110, "DEPLOYING", {99.95, 99.95, -1, 0});
    history.seen(405, "RUNNING", {99.95, 400.5, 2200, 0});
    return history;
}

/// Ran from 400 to its expiry at 2200 and shut down 60.5 s later.
History expired() {
    return booted().seen(2270, "STOPPED", {99.95, 2260.5, 2200, 0});
}

money::Amount sum_of(const std::vector<ExplainedPart>& parts) {
    money::Amount sum = *parts.at(0).amount;
    for (std::size_t i = 1; i < parts.size(); ++i) sum += *parts[i].amount;
    return sum;
}

TEST(SessionExplanation, PartsSumToTheWhole) {
    for (const char* name :
         {"boot-billed", "bytez-2024-06", "no-spin-down", "odd-minimum", "per-second"}) {
        SessionStory story = story_of(expired());
        story.plan = plan_of(name);
        const SessionExplanation explanation = explain(story, second(9000));
        ASSERT_TRUE(explanation.charge);
        EXPECT_EQ(sum_of(explanation.parts), *explanation.charge->amount);
        calendar::Duration seconds;
        for (const ExplainedPart& part : explanation.parts) seconds = seconds + part.seconds;
        EXPECT_EQ(seconds, explanation.charge->billable);
    }
}

TEST(SessionExplanation, SaysWhatEachPartOfTheTimeCosts) {
    const SessionExplanation explanation = explain(story_of(expired()), second(9000));
    ASSERT_EQ(explanation.parts.size(), 3u);
    EXPECT_EQ(explanation.parts[0].name, "used until it expired");
    EXPECT_EQ(explanation.parts[0].seconds, calendar::Duration::seconds(1800));
    EXPECT_EQ(to_text(explanation.parts[0].amount->value()), "0.07500015");
    EXPECT_EQ(explanation.parts[1].name, "used while it shut down");
    EXPECT_EQ(to_text(*explanation.parts[1].gb_seconds), "151.25");
    EXPECT_EQ(explanation.parts[2].name, "rounding");
    EXPECT_EQ(to_text(explanation.charge->amount->value()), "0.08000016");
}

TEST(SessionExplanation, NamesTheFactThatEachInstantRestsOn) {
    const SessionExplanation explanation = explain(story_of(booted().deletion(1000)), second(9000));
    const auto body = [&](const Ground& ground) {
        return explanation.story.facts.at(ground.fact.value()).fact.body;
    };
    EXPECT_TRUE(std::holds_alternative<lifecycle::LoadAnswered>(body(explanation.loaded)));
    EXPECT_EQ(std::get<InstanceSeen>(body(explanation.running)).state, "RUNNING");
    EXPECT_TRUE(std::holds_alternative<lifecycle::DeleteAnswered>(body(explanation.ended)));
    EXPECT_THAT(explanation.running.why, HasSubstr("expiresAt less the idle limit"));
}

TEST(SessionExplanation, ShowsTheBoundOfAnEndThatNobodySaw) {
    const auto text = explanation_text(explain(story_of(booted().absent(1000)), second(9000)));
    EXPECT_THAT(text, HasSubstr("vanished: inferred: the last proof of life"));
    EXPECT_THAT(text, HasSubstr("alive at 2026-09-21T14:20:04.9Z"));
    EXPECT_THAT(text, HasSubstr("gone by 2026-09-21T14:30:00Z"));
    EXPECT_THAT(text, HasSubstr("(estimated)"));
}

TEST(SessionExplanation, ShowsUpToWhenAnOpenOneIsBilledAtTheMost) {
    EXPECT_THAT(explain(story_of(booted()), second(500)).bound,
                testing::EndsWith("not billed past 2026-09-21T14:52:00Z"));
    EXPECT_THAT(explain(story_of(booted()), second(5000)).bound,
                testing::EndsWith("2026-09-21T14:52:00Z, which is over"));
}

TEST(SessionExplanation, KnowsPastWhichInstantASessionIsNeverBilled) {
    const auto bound = [](const History& history, const char* plan = "bytez-2024-06") {
        return find_billing_bound(story_of(history).session, plan_of(plan));
    };
    EXPECT_EQ(bound(booted()), second(2320));
    EXPECT_EQ(bound(booted(), "no-spin-down"), second(2200));
    EXPECT_EQ(bound(booted().absent(1000)), second(1000));
    EXPECT_EQ(bound(booted().deletion(1000)), second(1000));
    EXPECT_EQ(bound(History().load(100)), std::nullopt);
    EXPECT_EQ(bound(booted().seen(1005, "RUNNING", {99.95, 1000, -1, 1})), std::nullopt);
}

TEST(SessionExplanation, ABillIsNeverPastTheBound) {
    for (const char* name : {"bytez-2024-06", "no-spin-down", "odd-minimum", "per-second"}) {
        for (const History& history :
             {booted(), expired(), booted().absent(1000), booted().absent(9000),
              booted().run(500, 600).absent(3000), booted().load(480)}) {
            SessionStory story = story_of(history);
            story.plan = plan_of(name);
            const auto bound = find_billing_bound(story.session, story.plan);
            const SessionExplanation explanation = explain(story, second(90'000));
            ASSERT_TRUE(explanation.charge && explanation.charge->end && bound) << name;
            EXPECT_LE(*explanation.charge->end, *bound) << name;
        }
    }
}

TEST(SessionExplanation, SaysHowSureTheClocksAre) {
    History history = booted().deletion(1000.5, 200, second(997));
    EXPECT_THAT(explain(story_of(history), second(9000)).clock,
                HasSubstr("upstream = gateway − 2.95 s ± 0.55 s"));
    EXPECT_THAT(explain(story_of(booted()), second(9000)).clock, HasSubstr("no answer near told"));
}

TEST(SessionExplanation, NamesWhoKeptItWarmAndWhoSharesIt) {
    History guests;
    guests.gateway = lifecycle::GatewayId("gw2");
    guests.key = lifecycle::KeyFingerprint("0123456789abcdef0123456789abcdef");
    guests.run(900, 901).run(1000, 1001);
    SessionStory story = story_of(booted(), guests);
    story.accounts[guests.key] = "Grace";
    story.shared_with.push_back({"Linus", lifecycle::KeyFingerprint("ff")});
    const SessionExplanation explanation = explain(story, second(1100));
    const std::string text = explanation_text(explanation);
    EXPECT_THAT(text,
                HasSubstr("Grace    01234567     2  2026-09-21T14:28:20Z  2026-09-21T14:30:01Z"));
    EXPECT_THAT(text, HasSubstr("of another account: run arrived"));
    EXPECT_THAT(text, HasSubstr("Linus, whose key ff sees it too"));
    const auto json = nlohmann::json::parse(explanation_json(explanation));
    EXPECT_EQ(json.at("kept_warm_by").at(0).at("runs"), 2);
    EXPECT_EQ(json.at("kept_warm_by").at(0).at("account"), "Grace");
    EXPECT_EQ(json.at("shared_with").at(0).at("account"), "Linus");
}

TEST(SessionExplanation, AddsUpTheChargesWithTheirCorrections) {
    SessionStory story = story_of(expired());
    story.charges = {{"2026-09", 1, "p", "rated", "1860", "4650", "0.1", second(3000)},
                     {"2026-09", 2, "p", "rated", "-60", "-150", "-0.0333333333", second(4000)}};
    const std::string text = explanation_text(explain(story, second(9000)));
    EXPECT_THAT(text, HasSubstr("-0.0333333333"));
    EXPECT_THAT(text, HasSubstr("0.0666666667"));
    EXPECT_THAT(text, HasSubstr("corrections"));
}

TEST(SessionExplanation, FitsAPageOfAHundredColumns) {
    History history = expired();
    history.gateway = lifecycle::GatewayId("tiTMNVViLCO155gqse85bY");
    history.load(600, 409);
    const std::string text = explanation_text(explain(story_of(history), second(9000)));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 100u) << line;
}

TEST(SessionExplanation, EveryStateOfASessionCanBeExplained) {
    std::vector<History> histories = {booted(),
                                      expired(),
                                      booted().absent(1000),
                                      History().load(100),
                                      History().load(100).absent(200),
                                      booted().load(480),
                                      History().load(100).run(400, 402)};
    histories.push_back(History().seen(505, "RUNNING", {200, 501, 2300, 0}));
    histories.push_back(History().load(100, 0).seen(105, "RUNNING", {99.95, 101, -1, 1}));
    histories.push_back(booted().seen(810, "FAILED", {99.95, 800, -1, 0}));
    histories.push_back(History().load(100, 200, {2'000'000, 1800}).run(400, 402));
    histories.push_back(History().load(100, 200, {}, std::nullopt).run(400, 402).deletion(500));
    for (const History& history : histories) {
        for (const bool has_plan : {true, false}) {
            SessionStory story = story_of(history);
            if (!has_plan) story.plan.reset();
            const SessionExplanation explanation = explain(story, second(9000));
            EXPECT_GT(explanation_text(explanation).size(), 500u);
            const auto json = nlohmann::json::parse(explanation_json(explanation));
            EXPECT_EQ(json.at("facts").size(), history.facts.size());
            EXPECT_EQ(json.at("charge").is_null(), !has_plan);
            EXPECT_FALSE(json.at("loaded").at("because").get<std::string>().empty());
        }
    }
}

}  // namespace
}  // namespace reports
