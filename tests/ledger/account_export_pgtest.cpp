// An account's export out of a real ledger: whoever holds it checks it without one.
#include <random>

#include "invoicing/document.h"
#include "ledger/account_export_fixture.h"
#include "ledger/checkpoints.h"
#include "lifecycle/fact_json.h"

namespace ledger {
namespace {

using testing::HasSubstr;

/// In the one currency there is.
std::string amount_of(const proof::ExportFindings& found) {
    EXPECT_LE(found.amounts.size(), 1u);
    return found.amounts.empty() ? "0" : money::to_text(found.amounts.begin()->second);
}

TEST_F(AccountExportTest, AnIssuedMonthChecksAndSaysWhatItHolds) {
    ship(life(start_, 600));
    ship_from("gw-2", life(after(5'000), 300));
    issue_october();
    make_checkpoint(store_, key_, at("2026-11-02T00:00:00Z"));
    const AccountExport value = october();
    const auto found = agreeing(value);
    EXPECT_EQ(found.facts, 6u);
    EXPECT_EQ(found.chains, 2u);
    EXPECT_EQ(found.checkpoints, 1u);
    EXPECT_EQ(found.sessions, 2u);
    EXPECT_EQ(found.charged_sessions, 2u);
    EXPECT_EQ(found.invoices, 1u);
    EXPECT_EQ(amount_of(found), "0.9");
    ASSERT_EQ(found.heads.size(), 4u);  // two chains, by the checkpoint and by the invoice
    EXPECT_THAT(found.heads[3], HasSubstr("invoice TG-2026-000001: gw-test "));
}

TEST_F(AccountExportTest, AMonthOfNothingChecksToo) {
    ship(life(start_, 600));
    const auto found = agreeing(export_of({2026, 8}));
    EXPECT_EQ(found.sessions, 0u);
    EXPECT_EQ(found.facts, 0u);
}

TEST_F(AccountExportTest, ASessionOverTheMonthsEdgeIsInBoth) {
    const Instant late = at("2026-10-31T23:50:00Z");
    ship(life(late, 1'200));
    issue_october();
    issue_november();
    for (const calendar::Month month : {calendar::Month{2026, 10}, calendar::Month{2026, 11}}) {
        const AccountExport value = export_of(month);
        const auto found = agreeing(value);
        EXPECT_EQ(found.sessions, 1u);
        EXPECT_EQ(amount_of(found), "0.6");
        EXPECT_EQ(value.charges.size(), 2u);
        EXPECT_EQ(found.invoices, 1u);
    }
}

TEST_F(AccountExportTest, AnOpenSessionIsThereWithItsFinishedMonth) {
    ship({loaded(at("2026-10-31T23:50:00Z"), key(), "1"),
          seen_running(at("2026-10-31T23:50:01Z"), at("2026-10-31T23:50:00Z"),
                       at("2026-10-31T23:50:00Z"))});
    issue_october();
    const auto found = agreeing(october());
    EXPECT_EQ(found.sessions, 1u);
    EXPECT_EQ(amount_of(found), "0.6");
}

TEST_F(AccountExportTest, AnOperatorsGbIsARuleOfTheExport) {
    ship(life(start_, 600, std::nullopt));
    set_model(store_, test_model, "2", "test", at("2026-10-06T00:00:00Z"));
    meter();
    issue_october();
    AccountExport value = october();
    EXPECT_EQ(amount_of(agreeing(value)), "1.2");
    ASSERT_EQ(value.rules.size(), 1u);
    EXPECT_EQ(value.rules[0].kind, "model_set");
    std::string& body = value.rules[0].body;
    body.replace(body.find("\"2\""), 3, "\"1\"");
    const auto found = check(value);
    ASSERT_TRUE(found.difference);
    EXPECT_EQ(found.difference->what, "gb");
    EXPECT_EQ(found.difference->found, "2");
}

TEST_F(AccountExportTest, ALateCorrectionIsInTheMonthThatItWasChargedForAndInTheOneThatBilledIt) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1], deleted(after(1'200))});
    issue_october();
    ship({facts[2]});
    issue_november();
    const AccountExport charged = october();
    EXPECT_EQ(charged.charges.size(), 2u);
    EXPECT_EQ(amount_of(agreeing(charged)), "0.6");
    const AccountExport billed = export_of({2026, 11});
    const auto found = agreeing(billed);
    EXPECT_EQ(found.sessions, 1u);
    EXPECT_EQ(found.invoices, 1u);
    EXPECT_EQ(amount_of(found), "0");
}

TEST_F(AccountExportTest, AGuestIsThereByTheKeyThatTheSessionShowsAndByNothingElse) {
    make_managed("loader", key("aa"));
    make_managed("guest", key("bb"));
    make_managed("stranger", key("cc"));
    ship_from("gw-a",
              {loaded(start_, key("aa")), seen_running(after(101), start_, after(100), key("aa"))});
    ship_from("gw-b", {run_ended(after(1'500), key("bb")), run_ended(after(9'500), key("cc"))});
    ship_from("gw-a", {deleted(after(3'000), key("aa"))});
    const AccountExport value = export_of({2026, 10}, "loader");
    const auto found = agreeing(value);
    EXPECT_EQ(found.sessions, 1u);
    ASSERT_EQ(value.guests.size(), 1u);
    EXPECT_EQ(value.guests[0].key, key("bb").text());
    const auto runs = std::get<lifecycle::Runs>(lifecycle::parse_fact(value.guests[0].body).body);
    EXPECT_EQ(runs.accepted, 1u);
    EXPECT_EQ(runs.request_bytes + runs.response_bytes, 0u);
    const std::string text = to_text(value);
    EXPECT_THAT(text, testing::Not(HasSubstr(get_account(store_, "guest").id.text())));
    EXPECT_THAT(text, testing::Not(HasSubstr("\"guest\",")));
    EXPECT_THAT(text, testing::Not(HasSubstr(key("cc").text())));
    // Without him the instance expires before the delete.
    AccountExport alone = value;
    alone.guests.clear();
    const auto without = check(alone).difference;
    ASSERT_TRUE(without);
    EXPECT_THAT(without->subject, HasSubstr("session "));
}

TEST_F(AccountExportTest, OfTwoWhoTakeTurnsEachChecksItsOwn) {
    make_managed("first", key("aa"));
    make_managed("second", key("bb"));
    for (std::int64_t turn = 0; turn < 4; ++turn) {
        const auto by = key(turn % 2 == 0 ? "aa" : "bb");
        const auto other = key(turn % 2 == 0 ? "bb" : "aa");
        const Instant from = after(turn * 4'000);
        ship_from("gw-a", {loaded(from, by),
                           seen_running(from + Duration::seconds(101), from,
                                        from + Duration::seconds(100), by),
                           run_ended(from + Duration::seconds(300), by)});
        ship_from("gw-b", {run_ended(from + Duration::seconds(700), other)});
        if (turn != 1) ship_from("gw-a", {deleted(from + Duration::seconds(2'000), by)});
    }
    for (const char* name : {"first", "second"}) {
        const AccountExport value = export_of({2026, 10}, name);
        EXPECT_EQ(agreeing(value).sessions, 2u) << name;
        EXPECT_EQ(value.rivals.size(), 2u) << name;
    }
}

// Both saw the instance; it is its loader's, so the other's facts make no session of it.
TEST_F(AccountExportTest, WhoSawAnothersInstanceHasTheRivalAndNoSession) {
    ship_from("gw-a",
              {loaded(start_, key("aa")), seen_running(after(101), start_, after(100), key("aa"))});
    ship_from("gw-b", {seen_running(after(201), start_, after(100), key("bb"), 1)});
    ship_from("gw-a", {deleted(after(1'000), key("aa"))});
    const AccountExport value = export_of({2026, 10}, "key-" + key("bb").text().substr(0, 8));
    EXPECT_EQ(agreeing(value).sessions, 0u);
    ASSERT_EQ(value.rivals.size(), 1u);
    AccountExport alone = value;
    alone.rivals.clear();
    const auto found = check(alone).difference;
    ASSERT_TRUE(found);
    EXPECT_EQ(found->found, "none");
}

// The loader never saw it: that the load was sent before it was created tells whose it is.
TEST_F(AccountExportTest, WhoSawWhatAnothersLoadBeganHasTheRivalsLoad) {
    make_managed("loader", key("aa"));
    make_managed("finder", key("bb"));
    Fact load = loaded(after(18), key("aa"));
    std::get<lifecycle::LoadAnswered>(load.body).sent_at = start_;
    ship_from("gw-a", {load, deleted(after(30), key("aa"))});
    ship_from("gw-b", {seen_running(after(10), after(1), after(5), key("bb"))});
    const AccountExport value = export_of({2026, 10}, "finder");
    EXPECT_EQ(agreeing(value).sessions, 0u);
    ASSERT_EQ(value.rivals.size(), 1u);
    EXPECT_EQ(value.rivals[0].rival.sent_at, start_);
    EXPECT_EQ(value.rivals[0].rival.ended_at, after(30));
    AccountExport unsent = value;
    unsent.rivals[0].rival.sent_at = {};
    ASSERT_TRUE(check(unsent).difference);
    EXPECT_EQ(agreeing(export_of({2026, 10}, "loader")).sessions, 1u);
}

TEST_F(AccountExportTest, ALongHistoryIsToldFromALinkOn) {
    for (int day = 0; day < 30; ++day) ship(life(after(86'400 * day), 600));
    const AccountExport value = export_of({2026, 11});
    const auto found = agreeing(value);
    EXPECT_EQ(found.sessions, 3u);  // 1, 2 and 3 November
    EXPECT_LT(found.facts, 40u);
    ASSERT_EQ(value.stretches.size(), 1u);
    EXPECT_GT(value.stretches[0].after.count, 60u);
    EXPECT_EQ(agreeing(october()).sessions, 27u);
    // Told from later on, a session lacks its facts.
    AccountExport shorter = value;
    auto& stretch = shorter.stretches[0];
    for (std::size_t i = 0; i + 2 < value.stretches[0].facts.size(); ++i) {
        stretch.after = {stretch.facts[0].link, stretch.after.count + 1, stretch.facts[0].sequence};
        stretch.facts.erase(stretch.facts.begin());
    }
    EXPECT_TRUE(check(shorter).difference);
}

// The invoice came when November had begun; what came after it is not needed.
TEST_F(AccountExportTest, AChainIsToldUpToTheInvoicesHeadAndNoFurther) {
    ship(life(start_, 600));
    ship(life(at("2026-11-01T09:00:00Z"), 600));
    ship(life(at("2026-11-01T18:00:00Z"), 600));
    issue_october();
    ship(life(at("2026-12-20T00:00:00Z"), 600));
    const auto found = agreeing(october());
    EXPECT_EQ(found.sessions, 1u);
    EXPECT_EQ(found.facts, 9u);
    ASSERT_EQ(found.heads.size(), 1u);
    EXPECT_THAT(found.heads[0], HasSubstr(" after 9 facts"));
}

TEST_F(AccountExportTest, WhatDoesNotCheckIsNotGivenOut) {
    ship(life(start_, 600));
    ask("SET session_replication_role = replica; UPDATE charges SET amount = amount + 1");
    try {
        october();
        FAIL();
    } catch (const Refused& refused) {
        EXPECT_THAT(refused.what(), HasSubstr("amount: expected 0.6, found 1.6"));
    }
    ShippedBooks::ship(life(after(5'000), 600));
    EXPECT_THROW(october(), Refused);
}

TEST_F(AccountExportTest, FactsThatAreNotFoldedYetAreSaidToBeWaited_For) {
    ship(life(start_, 600));
    ShippedBooks::ship(life(after(5'000), 600));
    try {
        october();
        FAIL();
    } catch (const Refused& refused) {
        EXPECT_THAT(refused.what(), HasSubstr("are not in sessions: wait to be metered"));
    }
    meter();
    EXPECT_EQ(agreeing(october()).sessions, 2u);
}

// The key's first call was not taken by the upstream, so the fact is no account's.
TEST_F(AccountExportTest, WhatAKeyDidBeforeItHadAnAccountIsThereAsSuch) {
    Fact refused = loaded(after(-100), key(), "1", 0);
    ship({refused});
    ship(life(start_, 600));
    const AccountExport value = october();
    EXPECT_EQ(agreeing(value).sessions, 1u);
    ASSERT_EQ(value.early.size(), 1u);
    EXPECT_EQ(value.early[0].kind, "load_answered");
    EXPECT_TRUE(value.rules.empty());
}

// Of fifteen weeks in which two accounts with one credential do this and that, each month of each.
TEST_F(AccountExportTest, EveryMonthOfALongHistoryChecks) {
    make_managed("first", key("aa"));
    make_managed("second", key("bb"));
    std::mt19937 random(7);
    const auto chance = [&](unsigned of) { return random() % of == 0; };
    std::map<std::string, std::vector<Fact>> waiting;
    for (std::int64_t turn = 0; turn < 60; ++turn) {
        const auto by = key(chance(2) ? "aa" : "bb");
        const auto other = key(chance(2) ? "aa" : "bb");
        const Instant from = after(turn * 150'000 + static_cast<std::int64_t>(random() % 90'000));
        const auto then = [&](std::int64_t s) { return from + Duration::seconds(s); };
        auto& facts = waiting[chance(2) ? "gw-a" : "gw-b"];
        if (!chance(6))
            facts.push_back(
                loaded(from, by, chance(5) ? std::nullopt : std::optional<std::string>("1")));
        if (!chance(5)) facts.push_back(seen_running(then(101), from, then(100), by));
        if (!chance(3)) facts.push_back(run_ended(then(300), other));
        if (!chance(4)) facts.push_back(deleted(then(900), by));
        if (turn % 5 != 4) continue;
        for (auto& [gateway, batch] : waiting) ship_from(gateway, std::move(batch));
        waiting.clear();
    }
    set_model(store_, test_model, "2", "test", at("2026-12-01T00:00:00Z"));
    meter();
    std::size_t sessions = 0;
    for (const char* name : {"first", "second"}) {
        for (int month = 10; month <= 13; ++month) {
            const calendar::Month of{month > 12 ? 2027 : 2026, month > 12 ? month - 12 : month};
            sessions += agreeing(export_of(of, name)).sessions;
        }
    }
    EXPECT_GE(sessions,
              std::stoul(ask("SELECT count(*) FROM sessions WHERE loaded_at < '2027-02-01'")));
}

}  // namespace
}  // namespace ledger
