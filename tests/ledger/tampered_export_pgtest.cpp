// Whatever is changed in an export, by its holder or its maker, is found and named.
#include "invoicing/document.h"
#include "ledger/account_export_fixture.h"
#include "ledger/checkpoints.h"
#include "lifecycle/fact_json.h"

namespace ledger {
namespace {

using testing::HasSubstr;

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
