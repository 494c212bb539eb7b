// An account's export out of a real ledger: whoever holds it checks it without one, and whatever is
// changed in it, by its holder or its maker, is found and named.
#include "ledger/account_export.h"

#include <random>

#include "invoicing/document.h"
#include "ledger/checkpoints.h"
#include "ledger/models.h"
#include "lifecycle/fact_json.h"
#include "platform/crypto.h"
#include "proof/export_check.h"
#include "support/metered_books.h"
#include "support/temporary_directory.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using calendar::Instant;
using lifecycle::Fact;
using proof::AccountExport;
using proof::Difference;
using testing::HasSubstr;

/// In the one currency there is.
std::string amount_of(const proof::ExportFindings& found) {
    EXPECT_LE(found.amounts.size(), 1u);
    return found.amounts.empty() ? "0" : money::to_text(found.amounts.begin()->second);
}

class AccountExportTest : public MeteredBooks {
  protected:
    AccountExport export_of(calendar::Month month, const std::string& account = "") {
        return read_account_export(
            store_, {.account = account.empty() ? this->account() : get_account(store_, account),
                     .month = month,
                     .made_at = at("2026-12-24T00:00:00Z"),
                     .checkpoints_of = key_.public_key()});
    }
    AccountExport october() { return export_of({2026, 10}); }

    /// Written, sealed and read again, it must say the same; what the check then finds.
    proof::ExportFindings check(const AccountExport& value) {
        const std::string lines = to_text(value);
        const std::string text = lines + to_text(proof::seal_of(lines, key_));
        const auto read = proof::read_export(text);
        if (const auto* fault = std::get_if<proof::UnreadableExport>(&read)) {
            ADD_FAILURE() << fault->line << ": " << fault->why;
            return {};
        }
        const auto& good = std::get<proof::ReadExport>(read);
        EXPECT_EQ(to_text(good.value), lines);
        EXPECT_FALSE(proof::check_seal(good.seal, good.lines, {key_.public_key()}));
        return proof::check_export(good.value, {key_.public_key()});
    }
    proof::ExportFindings agreeing(const AccountExport& value) {
        auto found = check(value);
        if (const auto& wrong = found.difference)
            ADD_FAILURE() << wrong->subject << ": " << wrong->what << ": expected "
                          << wrong->expected << ", found " << wrong->found;
        return found;
    }

    /// An account of managed keys that has the key.
    void make_managed(const std::string& name, const lifecycle::KeyFingerprint& with) {
        const Account made = create_account(store_, {.name = name});
        ask("INSERT INTO keys (fingerprint, account_id, managed) VALUES ('" + with.text() + "', '" +
            made.id.text() + "', true)");
    }
    void ship_from(const std::string& gateway, std::vector<Fact> facts) {
        if (!sources_.contains(gateway)) facts.insert(facts.begin(), started(start_));
        ShippedBooks::ship(facts, gateway);
        meter();
    }
    Instant after(std::int64_t seconds) const { return start_ + Duration::seconds(seconds); }

    support::TemporaryDirectory directory_;
    platform::SigningKey key_ = platform::SigningKey::load_or_make(directory_ / "key");
};

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

/// Everything in one export: two gateways, an operator's GB, an invoice, a checkpoint.
class TamperedExport : public AccountExportTest {
  protected:
    TamperedExport() {
        ship(life(start_, 600));
        set_model(store_, test_model, "2", "test", at("2026-10-06T00:00:00Z"));
        ship(life(after(100'000), 600, std::nullopt));
        ship_from("gw-2", life(after(200'000), 300));
        ship({run_ended(after(300'000), key(), 404)});  // changes no session
        issue_october();
        make_checkpoint(store_, key_, at("2026-11-02T00:00:00Z"));
        value_ = october();
    }
    using Change = std::function<void(AccountExport&)>;
    /// By the operator himself, who signs what he tampered with.
    Difference signed_after(const Change& change) {
        AccountExport changed = value_;
        change(changed);
        const auto found = check(changed);
        EXPECT_TRUE(found.difference);
        return found.difference.value_or(Difference{});
    }
    /// By anybody else, with a key of his own: whether the operator's key finds him out.
    bool is_found_by_key(const Change& change) {
        AccountExport changed = value_;
        change(changed);
        const auto forger = platform::SigningKey::load_or_make(directory_ / "forger");
        const std::string lines = to_text(changed);
        const auto seal = proof::seal_of(lines, forger);
        EXPECT_FALSE(proof::check_seal(seal, lines, {}));
        const auto found = proof::check_seal(seal, lines, {key_.public_key()});
        return found && found->what == "public key";
    }
    static void replace(std::string& text, const std::string& what, const std::string& by) {
        const std::size_t place = text.find(what);
        ASSERT_NE(place, std::string::npos) << text;
        text.replace(place, what.size(), by);
    }

    AccountExport value_;
};

TEST_F(TamperedExport, IsRightBefore) {
    const auto found = agreeing(value_);
    EXPECT_EQ(found.sessions, 3u);
    EXPECT_EQ(value_.stretches.size(), 2u);
    EXPECT_EQ(value_.stretches[1].facts.size(), 7u);
    EXPECT_EQ(found.heads.size(), 4u);
}

TEST_F(TamperedExport, AFactThatIsOtherMissingDoubledOrMovedIsNamed) {
    const std::string sequence = std::to_string(value_.stretches[1].facts[2].sequence);
    const auto facts = [](AccountExport & v) -> auto& {
        return v.stretches[1].facts;
    };
    const auto name = [&](const Difference& found) {
        EXPECT_THAT(found.subject, HasSubstr("the chain of gateway gw-test"));
        EXPECT_THAT(found.what, HasSubstr("hash"));
        return found.subject.substr(0, found.subject.find(" ("));
    };
    const std::vector<Change> changes = {[&](auto& v) { replace(facts(v)[2].body, "200", "204"); },
                                         [&](auto& v) { facts(v)[2].occurred_at.micros += 1; },
                                         [&](auto& v) { facts(v)[2].recorded_at.micros += 1; },
                                         [&](auto& v) { facts(v)[2].key[0] = 'b'; },
                                         [&](auto& v) { facts(v)[2].model += "x"; },
                                         [&](auto& v) { facts(v)[2].upstream += "x"; },
                                         [&](auto& v) { facts(v)[2].kind += "x"; },
                                         [&](auto& v) { facts(v)[2].link[0] ^= 1; }};
    for (std::size_t i = 0; i < changes.size(); ++i)
        EXPECT_EQ(name(signed_after(changes[i])), "fact " + sequence) << i;
    const std::string next = std::to_string(value_.stretches[1].facts[3].sequence);
    EXPECT_EQ(name(signed_after([&](auto& v) { facts(v).erase(facts(v).begin() + 2); })),
              "fact " + next);
    EXPECT_EQ(name(signed_after([&](auto& v) { std::swap(facts(v)[2], facts(v)[3]); })),
              "fact " + next);
    EXPECT_EQ(
        name(signed_after([&](auto& v) { facts(v).insert(facts(v).begin() + 2, facts(v)[2]); })),
        "fact " + sequence);
    EXPECT_TRUE(is_found_by_key([&](auto& v) { facts(v).pop_back(); }));
}

// Its last fact changes no session: the head alone remembers.
TEST_F(TamperedExport, ATailThatIsCutOffIsMissedByTheHeadOfTheInvoice) {
    for (const std::size_t checkpoints : {1u, 0u}) {
        const auto found = signed_after([&](auto& v) {
            v.stretches[1].facts.pop_back();
            v.checkpoints.resize(checkpoints);
        });
        EXPECT_EQ(found.subject, "invoice TG-2026-000001");
        EXPECT_THAT(found.what, HasSubstr("head of the chain of gateway gw-test"));
        EXPECT_EQ(found.found, "no such fact");
    }
    const auto whole = signed_after([](auto& v) {
        v.stretches[1].facts.pop_back();
        v.stretches[1].gateway = "gw-3";
    });
    EXPECT_THAT(whole.subject, HasSubstr("the chain of gateway gw-3"));
}

TEST_F(TamperedExport, AHeadThatNoFactHasIsNamedAlthoughTheInvoiceAgreesWithItself) {
    const auto forge = [](AccountExport& v, const std::function<void(invoicing::ChainHead&)>& how) {
        invoicing::Invoice invoice = invoicing::parse_invoice(v.invoices[0].document);
        how(invoice.chain_heads.at(1));
        invoice.digest = platform::to_hex(platform::sha256(invoicing::canonical_inputs(invoice)));
        v.invoices[0].document = to_json(invoice, invoicing::Layout::compact);
    };
    const std::vector<std::function<void(invoicing::ChainHead&)>> ways = {
        [](auto& head) { head.hash = std::string(64, 'a'); }, [](auto& head) { head.facts += 1; },
        [](auto& head) { head.last_sequence += 1; }, [](auto& head) { head.gateway = "gw-3"; }};
    for (const auto& way : ways) {
        const auto found = signed_after([&](auto& v) { forge(v, way); });
        EXPECT_EQ(found.subject, "invoice TG-2026-000001");
        EXPECT_THAT(found.what, HasSubstr("head of the chain of gateway gw-"));
    }
    EXPECT_EQ(signed_after([&](auto& v) { forge(v, [](auto& head) { head.hash = "x"; }); }).what,
              "chain head");
}

TEST_F(TamperedExport, ACheckpointOfAnotherKeyOrOfOtherHeadsIsNamed) {
    const auto forger = platform::SigningKey::load_or_make(directory_ / "forger");
    auto found = signed_after(
        [&](auto& v) { v.checkpoints[0].signature = forger.sign(v.checkpoints[0].body); });
    EXPECT_EQ(found.subject, "checkpoint 1");
    EXPECT_EQ(found.what, "signature");
    found = signed_after([&](auto& v) {
        v.checkpoints[0].signature = forger.sign(v.checkpoints[0].body);
        v.checkpoints[0].public_key = forger.public_key();
    });
    EXPECT_EQ(found.what, "public key");
    found = signed_after([&](auto& v) {
        replace(v.checkpoints[0].body, R"("count":3)", R"("count":2)");
        v.checkpoints[0].signature = key_.sign(v.checkpoints[0].body);
    });
    EXPECT_THAT(found.what, HasSubstr("head of the chain of gateway gw-2"));
    found = signed_after([&](auto& v) {
        v.checkpoints[0].body = "{}";
        v.checkpoints[0].signature = key_.sign("{}");
    });
    EXPECT_EQ(found.what, "body");
}

TEST_F(TamperedExport, ASessionThatIsOtherMissingOrInventedIsNamed) {
    const std::string id = value_.sessions[1].session.id.text();
    const std::vector<std::pair<std::string, Change>> changes = {
        {"ended_at", [](auto& v) { v.sessions[1].session.ended_at->micros += 1; }},
        {"running_at", [](auto& v) { v.sessions[1].session.running_at->micros -= 1; }},
        {"gb", [](auto& v) { v.sessions[1].session.gb = "3"; }},
        {"concurrency", [](auto& v) { v.sessions[1].session.concurrency = 2; }},
        {"end_reason",
         [](auto& v) { v.sessions[1].session.end_reason = lifecycle::EndReason::expired; }},
        {"estimated", [](auto& v) { v.sessions[1].session.estimated = true; }},
        {"plan", [](auto& v) { v.sessions[1].plan = ""; }},
        {"session", [](auto& v) { v.sessions.erase(v.sessions.begin() + 1); }}};
    for (const auto& [what, change] : changes) {
        const auto found = signed_after(change);
        EXPECT_THAT(found.subject, HasSubstr("session " + id + " of account ")) << what;
        EXPECT_EQ(found.what, what);
        EXPECT_TRUE(is_found_by_key(change)) << what;
    }
    EXPECT_EQ(signed_after([](auto& v) {
                  v.sessions.push_back(v.sessions[1]);
                  v.sessions[3].session.id = lifecycle::SessionId("invented");
              }).subject.substr(0, 16),
              "session invented");
    EXPECT_EQ(signed_after([](auto& v) { v.sessions.push_back(v.sessions[1]); }).what,
              "times in the export");
}

TEST_F(TamperedExport, ARuleThatIsOtherOrMissingIsNamedByTheSession) {
    EXPECT_EQ(signed_after([](auto& v) { v.rules.clear(); }).what, "gb");
    EXPECT_EQ(signed_after([](auto& v) { replace(v.rules[0].body, "\"2\"", "\"3\""); }).what, "gb");
    EXPECT_EQ(signed_after([](auto& v) { v.rules[0].body = "{}"; }).what, "body");
    EXPECT_EQ(signed_after([](auto& v) { v.rules.push_back(v.stretches[0].facts[0]); }).what,
              "kind");
}

TEST_F(TamperedExport, APlanThatIsOtherMissingOrNotInForceIsNamed) {
    auto found = signed_after([](auto& v) { replace(v.plans[0].document, "0.001", "0.002"); });
    EXPECT_THAT(found.subject, HasSubstr("the charge of session"));
    EXPECT_EQ(found.what, "amount");
    EXPECT_EQ(signed_after([](auto& v) { v.plans.clear(); }).subject, "plan p");
    EXPECT_EQ(signed_after([](auto& v) { v.plans[0].document = "{}"; }).subject, "plan p");
    EXPECT_EQ(signed_after([](auto& v) { v.assignments.clear(); }).what, "plan");
    EXPECT_EQ(signed_after([](auto& v) {
                  v.assignments[0].effective_from = at("2026-11-01T00:00:00Z");
              }).what,
              "plan");
}

TEST_F(TamperedExport, AChargeThatIsOtherMissingOrOfNoSessionIsNamed) {
    const std::vector<std::pair<std::string, Change>> changes = {
        {"amount", [](auto& v) { *v.charges[1].owed.amount += money::Decimal(1); }},
        {"gb_seconds", [](auto& v) { *v.charges[1].owed.gb_seconds += money::Decimal(1); }},
        {"used_seconds", [](auto& v) { v.charges[1].owed.used += money::Decimal(1); }},
        {"status", [](auto& v) { v.charges[1].owed.status = "free"; }},
        {"currency", [](auto& v) { v.charges[1].owed.currency = "EUR"; }},
        {"amount", [](auto& v) { v.charges[1].place.period = "2026-11"; }}};
    for (const auto& [what, change] : changes) {
        const auto found = signed_after(change);
        EXPECT_THAT(found.subject,
                    HasSubstr("the charge of session " + value_.charges[1].session.text()));
        EXPECT_EQ(found.what, what);
        EXPECT_TRUE(is_found_by_key(change)) << what;
    }
    EXPECT_EQ(signed_after([](auto& v) { v.charges.erase(v.charges.begin()); }).found, "none");
    EXPECT_EQ(signed_after([](auto& v) {
                  v.charges.push_back(v.charges[1]);
                  v.charges.back().session = lifecycle::SessionId("nobody");
              }).what,
              "amount, since there is no such session");
}

TEST_F(TamperedExport, AnInvoiceThatIsOtherIsNamed) {
    const auto document = [](AccountExport& v) -> std::string& { return v.invoices[0].document; };
    const std::vector<std::pair<std::string, Change>> changes = {
        {"total", [&](auto& v) { replace(document(v), R"("total":")", R"("total":"1)"); }},
        {"digest", [&](auto& v) { replace(document(v), "\"Issuer\"", "\"Other\""); }},
        {"line 1 amount",
         [&](auto& v) {
             replace(document(v), R"("unit_price":"0.001")", R"("unit_price":"0.002")");
         }},
        {"number", [](auto& v) { v.invoices[0].number = "TG-2026-000009"; }},
        {"month",
         [&](auto& v) { replace(document(v), R"("month":"2026-10")", R"("month":"2026-09")"); }},
        {"document", [&](auto& v) { document(v) = "{}"; }},
        {"document",
         [&](auto& v) {
             replace(document(v), R"("unit_price_per_million":")",
                     R"("unit_price_per_million":"9)");
         }},
        {"currency", [](auto& v) { v.account.currency = "EUR"; }},
        {"times in the export", [](auto& v) { v.invoices.push_back(v.invoices[0]); }},
        {"the sum of its charges", [](auto& v) { v.charges[1].invoice = ""; }}};
    for (const auto& [what, change] : changes) {
        const auto found = signed_after(change);
        EXPECT_THAT(found.subject, HasSubstr("invoice TG-2026-00000")) << what;
        EXPECT_EQ(found.what, what);
        EXPECT_TRUE(is_found_by_key(change)) << what;
    }
}

TEST_F(TamperedExport, AStretchThatDoesNotBeginWhereItSaysIsNamed) {
    EXPECT_EQ(signed_after([](auto& v) { v.stretches[0].after.hash[0] ^= 1; }).what, "start");
    EXPECT_EQ(signed_after([](auto& v) { v.stretches.push_back(v.stretches[0]); }).what,
              "stretches");
    EXPECT_EQ(signed_after([](auto& v) { v.stretches[0].facts[1].gateway = "gw-3"; }).what,
              "gateway");
    EXPECT_THAT(signed_after([](auto& v) { v.stretches[1].after.count = 5; }).subject,
                HasSubstr("checkpoint 1"));
    EXPECT_THAT(signed_after([](auto& v) { v.account.id = lifecycle::AccountId("acc_x"); }).subject,
                HasSubstr("account acc_x"));
}

}  // namespace
}  // namespace ledger
