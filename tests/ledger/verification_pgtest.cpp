// The books held against themselves: all agree after the product wrote them, and whatever is
// tampered with behind its back is found and named.
#include "ledger/verification.h"

#include <gmock/gmock.h>

#include "ledger/accounts.h"
#include "ledger/invoices.h"
#include "ledger/manual_corrections.h"
#include "ledger/meter.h"
#include "ledger/plans.h"
#include "platform/clock.h"
#include "support/fact_builders.h"
#include "support/shipped_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using calendar::Instant;
using testing::HasSubstr;

constexpr const char* plan_document =
    R"({"plan": "p", "currency": "USD", "rate_per_gb_second": "0.001", "starts_at": "running",
        "minimum_seconds": 60, "increment_seconds": 60, "spin_down": "billed",
        "shutdown_grace_seconds": 120, "failed_boot": "free", "per_replica": true,
        "gb_basis": "required_ram"})";

class VerificationTest : public ShippedBooks {
  protected:
    VerificationTest() {
        add_plan(store_, plan_document);
        set_default_plan(store_, "p", at("2026-01-01T00:00:00Z"));
    }
    void meter() {
        for (int rounds = 0; meter_.meter_pending(true) > 0; ++rounds) ASSERT_LT(rounds, 20);
    }
    std::vector<lifecycle::Fact> one_life(Instant load, const lifecycle::KeyFingerprint& by) {
        const Instant running = load + Duration::seconds(100);
        return {loaded(load, by), seen_running(running + Duration::seconds(1), load, running, by),
                run_arrived(running + Duration::seconds(10), by),
                run_ended(running + Duration::seconds(11), by),
                deleted(load + Duration::seconds(1'000), by)};
    }
    /// Two gateways, three accounts, six lives of which one goes on; October is closed.
    void keep_books() {
        ship({started(start_)});
        ship({started(start_)}, "gw-2");
        for (int n = 0; n < 4; ++n) {
            // No two begin at one instant: that would be one instance.
            ship(one_life(start_ + Duration::seconds(1'500 * n), key(n % 2 == 0 ? "aa" : "bb")),
                 n < 2 ? "gw-test" : "gw-2");
            meter();
        }
        ship(one_life(start_ + Duration::seconds(7'000), key("cc")));
        ship({loaded(at("2026-10-31T23:00:00Z"), key("cc")),
              seen_running(at("2026-10-31T23:02:00Z"), at("2026-10-31T23:00:00Z"),
                           at("2026-10-31T23:01:00Z"), key("cc"))});
        meter();
        for (const Account& account : list_accounts(store_, true)) {
            const Closing closing = close_month(store_, account, calendar::Month{2026, 10}, terms_,
                                                at("2026-11-01T00:10:00Z"));
            ASSERT_TRUE(closing.issued) << account.name;
        }
    }
    Verification verify(std::optional<std::string> month = {}) {
        return verify_books(store_, {.month = std::move(month)});
    }
    /// What the verification finds after `sql` was done to the books with every guard off.
    proof::Difference after(const std::string& sql) {
        ask("SET session_replication_role = replica; " + sql);
        const Verification found = verify();
        EXPECT_TRUE(found.difference) << sql;
        return found.difference.value_or(proof::Difference{});
    }

    Meter meter_{options()};
    InvoiceTerms terms_{.issuer = {.name = "Issuer"}, .series = "TG"};
    Instant start_ = at("2026-10-05T10:00:00Z");
};

TEST_F(VerificationTest, EmptyBooksAgree) {
    const Verification found = verify();
    EXPECT_FALSE(found.difference);
    EXPECT_EQ(found.facts, 0u);
    EXPECT_EQ(found.chains, 0u);
}

TEST_F(VerificationTest, WhatTheProductWroteAgrees) {
    keep_books();
    const Verification found = verify();
    EXPECT_FALSE(found.difference)
        << found.difference->subject << " " << found.difference->what << " "
        << found.difference->expected << " " << found.difference->found;
    EXPECT_EQ(std::to_string(found.facts), ask("SELECT count(*) FROM facts"));
    EXPECT_EQ(found.chains, 7u);  // three accounts, two of them on both gateways, and no one's
    EXPECT_EQ(found.sessions, 6u);
    EXPECT_EQ(found.charged_sessions, 6u);
    EXPECT_EQ(found.invoices, 3u);
    EXPECT_EQ(verify("2026-09").invoices, 0u);
}

TEST_F(VerificationTest, CorrectionsAndWithdrawnSessionsAgree) {
    keep_books();
    // A late fact: the second life of aa ended earlier than was known.
    lifecycle::Fact early = deleted(start_ + Duration::seconds(3'500), key("aa"));
    ship({early});
    // A session that turns out to have been another's.
    meter();
    const Verification found = verify();
    EXPECT_FALSE(found.difference) << found.difference->subject << " " << found.difference->what;
    EXPECT_EQ(ask("SELECT max(revision) FROM charges"), "2");
}

TEST_F(VerificationTest, FactsThatAreNotFoldedYetAreCountedAndNotCompared) {
    keep_books();
    ship({deleted(start_ + Duration::seconds(3'500), key("aa"))});
    const Verification found = verify();
    EXPECT_FALSE(found.difference);
    EXPECT_EQ(found.pending_instances, 1u);
    EXPECT_EQ(found.sessions, 4u);
}

TEST_F(VerificationTest, WritesNothing) {
    keep_books();
    const std::string state =
        "SELECT pg_catalog.md5((SELECT string_agg(x::text, ';' ORDER BY x::text) FROM sessions x) "
        "|| (SELECT string_agg(x::text, ';' ORDER BY x::text) FROM charges x) || coalesce((SELECT "
        "string_agg(x::text, ';' ORDER BY x::text) FROM instance_sharers x), ''))";
    const std::string before = ask(state);
    EXPECT_FALSE(verify().difference);
    EXPECT_EQ(ask(state), before);
}

TEST_F(VerificationTest, AFactThatWasChangedIsNamed) {
    keep_books();
    for (const char* what :
         {"body = replace(body, '0.5', '0.4')", "model = model || 'x'", "key = 'dd'",
          "occurred_at = occurred_at + interval '1 microsecond'", "upstream = 'http://other'",
          "recorded_at = recorded_at + interval '1 microsecond'", "kind = 'delete_answered'",
          "chain = sha256('x')"}) {
        ask("DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT * FROM facts");
        const auto found = after(std::string("UPDATE facts SET ") + what +
                                 " WHERE gateway = 'gw-2' AND kind = 'load_answered' AND key = '" +
                                 key("bb").text() + "'");
        const std::string sequence =
            ask("SELECT sequence FROM kept WHERE gateway = 'gw-2' AND kind = 'load_answered' AND "
                "key = '" +
                key("bb").text() + "'");
        EXPECT_THAT(found.subject, HasSubstr("fact " + sequence + " (")) << what;
        EXPECT_THAT(found.subject, HasSubstr("gateway gw-2")) << what;
        EXPECT_THAT(found.what, HasSubstr("hash")) << what;
        ask("SET session_replication_role = replica; DELETE FROM facts; "
            "INSERT INTO facts SELECT * FROM kept");
        ASSERT_FALSE(verify().difference) << what;
    }
}

TEST_F(VerificationTest, AFactThatIsMissingDoubledOrMovedIsNamed) {
    keep_books();
    ask("CREATE TABLE kept AS SELECT * FROM facts");
    const std::string run =
        "gateway = 'gw-test' AND kind = 'runs' AND key = '" + key("aa").text() + "'";
    for (const std::string& sql :
         {"DELETE FROM facts WHERE " + run, "INSERT INTO facts SELECT * FROM facts WHERE " + run,
          "UPDATE facts SET sequence = sequence + 1 WHERE " + run,
          "UPDATE facts SET account_id = NULL WHERE " + run,
          "UPDATE facts SET gateway = 'gw-2' WHERE " + run}) {
        const auto found = after(sql);
        EXPECT_THAT(found.subject, HasSubstr("fact ")) << sql;
        EXPECT_THAT(found.subject, HasSubstr("the chain of gateway gw-")) << sql;
        ask("SET session_replication_role = replica; DELETE FROM facts; "
            "INSERT INTO facts SELECT * FROM kept");
        ASSERT_FALSE(verify().difference) << sql;
    }
}

TEST_F(VerificationTest, FactsCutOffTheEndOfAChainAreMissed) {
    keep_books();
    const auto found = after(
        "DELETE FROM facts WHERE gateway = 'gw-test' AND sequence = (SELECT max(sequence) FROM "
        "facts WHERE gateway = 'gw-test')");
    EXPECT_THAT(found.subject, HasSubstr("the chain of gateway gw-test"));
    EXPECT_EQ(found.what, "head");
    EXPECT_THAT(found.found, HasSubstr("facts"));
}

TEST_F(VerificationTest, AWholeChainThatIsGoneIsMissed) {
    keep_books();
    const auto found = after("DELETE FROM facts WHERE gateway = 'gw-2' AND account_id IS NULL");
    EXPECT_THAT(found.subject, HasSubstr("gateway gw-2"));
    EXPECT_EQ(found.found, "none");
}

TEST_F(VerificationTest, AHeadThatWasChangedIsNamed) {
    keep_books();
    EXPECT_EQ(after("UPDATE chain_heads SET count = count + 1 WHERE gateway = 'gw-2'").what,
              "head");
    EXPECT_EQ(after("DELETE FROM chain_heads WHERE gateway = 'gw-2'").found, "none");
}

TEST_F(VerificationTest, ASessionThatWasChangedIsNamedFieldByField) {
    keep_books();
    const std::string id = ask("SELECT id FROM sessions WHERE key = '" + key("bb").text() +
                               "' ORDER BY loaded_at DESC LIMIT 1");
    ask("CREATE TABLE kept AS SELECT * FROM sessions");
    const std::vector<std::pair<std::string, std::string>> changes = {
        {"ended_at", "ended_at + interval '1 microsecond'"},
        {"running_at", "running_at - interval '1 second'"},
        {"loaded_at", "loaded_at - interval '1 second'"},
        {"gb", "gb + 0.1"},
        {"concurrency", "2"},
        {"end_reason", "'expired'"},
        {"estimated", "NOT estimated"},
        {"runs", "runs + 1"},
        {"key", "'dd'"},
        {"created", "NULL"},
        {"plan", "NULL"},
        {"kept_warm_by",
         "'[{\"key\":\"dd\",\"runs\":1,\"first_at\":\"2026-10-05T10:00:00Z\","
         "\"last_at\":\"2026-10-05T10:00:00Z\"}]'"},
        {"facts_until", "facts_until + interval '1 second'"}};
    for (const auto& [field, value] : changes) {
        const auto found =
            after("UPDATE sessions SET " + field + " = " + value + " WHERE id = '" + id + "'");
        EXPECT_THAT(found.subject, HasSubstr("session " + id + " of account")) << field;
        EXPECT_EQ(found.what, field);
        EXPECT_NE(found.expected, found.found) << field;
        ask("SET session_replication_role = replica; DELETE FROM sessions; "
            "INSERT INTO sessions SELECT * FROM kept");
        ASSERT_FALSE(verify().difference) << field;
    }
    auto found = after("DELETE FROM sessions WHERE id = '" + id + "'");
    EXPECT_EQ(found.found, "none");
    EXPECT_THAT(found.subject, HasSubstr(id));
    found = after("INSERT INTO sessions SELECT * FROM kept WHERE id = '" + id +
                  "'; UPDATE sessions SET id = 'invented' WHERE id = '" + id + "'");
    EXPECT_THAT(found.subject, HasSubstr(id));
}

TEST_F(VerificationTest, AnInventedSessionIsNamed) {
    keep_books();
    ask("CREATE TABLE kept AS SELECT * FROM sessions LIMIT 1; UPDATE kept SET id = 'invented', "
        "model = 'org/other'");
    const auto found = after("INSERT INTO sessions SELECT * FROM kept");
    EXPECT_THAT(found.subject, HasSubstr("session invented"));
    EXPECT_EQ(found.expected, "none");
}

TEST_F(VerificationTest, AChargeThatWasChangedIsNamed) {
    keep_books();
    ask("CREATE TABLE kept AS SELECT * FROM charges");
    const std::string row =
        " WHERE session_id = (SELECT min(id) FROM sessions) AND period = '2026-10'";
    const std::string id = ask("SELECT min(id) FROM sessions");
    for (const char* field : {"amount", "seconds", "used_seconds", "minimum_seconds",
                              "rounding_seconds", "spin_down_seconds", "gb_seconds"}) {
        const auto found = after(std::string("UPDATE charges SET ") + field + " = " + field +
                                 " + 0.000000000001" + row);
        EXPECT_THAT(found.subject, HasSubstr("session " + id)) << field;
        EXPECT_THAT(found.subject, HasSubstr("2026-10 under p")) << field;
        EXPECT_EQ(found.what, field);
        EXPECT_FALSE(verify("2026-09").difference) << field;
        ask("SET session_replication_role = replica; DELETE FROM charges; "
            "INSERT INTO charges SELECT * FROM kept");
        ASSERT_FALSE(verify().difference) << field;
    }
    EXPECT_EQ(after("DELETE FROM charges" + row).found, "none");
    ask("SET session_replication_role = replica; DELETE FROM charges; "
        "INSERT INTO charges SELECT * FROM kept");
    EXPECT_EQ(after("UPDATE charges SET session_id = 'nobody' WHERE ctid = (SELECT min(ctid) FROM "
                    "charges WHERE session_id <> '" +
                    id + "')")
                  .found,
              "none");
}

TEST_F(VerificationTest, AChargeOfASessionThatIsNotThereIsNamed) {
    keep_books();
    const auto found = after(
        "INSERT INTO charges SELECT account_id, 'nobody', period, revision, upstream, model, "
        "plan, currency, status, estimated, seconds, used_seconds, rounding_seconds, "
        "minimum_seconds, spin_down_seconds, gb_seconds, amount FROM charges LIMIT 1");
    EXPECT_THAT(found.subject, HasSubstr("session nobody"));
    EXPECT_EQ(found.expected, "0");
}

TEST_F(VerificationTest, APlanWhoseRateWasChangedIsNamedByTheFirstCharge) {
    keep_books();
    const auto found = after("UPDATE plans SET document = replace(document, '0.001', '0.002')");
    EXPECT_THAT(found.subject, HasSubstr("the charge of session"));
    EXPECT_EQ(found.what, "amount");
}

TEST_F(VerificationTest, AnInvoiceThatWasChangedIsNamed) {
    keep_books();
    ask("CREATE TABLE kept AS SELECT * FROM invoices");
    const std::vector<std::pair<std::string, std::string>> changes = {
        {"total = total + 0.01", "total of its row"},
        {"total_exact = total_exact + 0.01", "exact total of its row"},
        {"digest = repeat('a', 64)", "digest of its row"},
        {"month = '2026-09'", "month"},
        {"account_id = 'acc_other'", "account"},
        {"document = replace(document, '\"Issuer\"', '\"Other\"')", "digest"},
        {"document = replace(document, '\"unit_price\":\"0.001\"', '\"unit_price\":\"0.002\"')",
         "line 1 amount"}};
    for (const auto& [change, what] : changes) {
        const auto found =
            after("UPDATE invoices SET " + change + " WHERE number = 'TG-2026-000002'");
        EXPECT_EQ(found.subject, "invoice TG-2026-000002") << change;
        EXPECT_EQ(found.what, what) << change;
        ask("SET session_replication_role = replica; DELETE FROM invoices; "
            "INSERT INTO invoices SELECT * FROM kept");
        ASSERT_FALSE(verify().difference) << change;
    }
}

class VerificationOfCorrections : public VerificationTest {
  protected:
    /// Two entries of one account, of which the first is on an invoice.
    void correct_by_hand() {
        keep_books();
        const Account account = list_accounts(store_, true).at(0);
        const auto enter = [&](const char* reference, const char* amount) {
            enter_correction(store_,
                             {.account = account.name,
                              .reference = reference,
                              .amount = amount,
                              .currency = "USD",
                              .author = "ann",
                              .reason = "outage"},
                             at("2026-11-02T00:00:00Z"));
        };
        enter("first", "-2.50");
        ASSERT_TRUE(close_month(store_, account, calendar::Month{2026, 10}, terms_,
                                at("2026-11-03T00:00:00Z"))
                        .issued);
        enter("second", "-1");
    }
};

TEST_F(VerificationOfCorrections, AgreeAsTheyWereEnteredAndInvoiced) {
    correct_by_hand();
    const Verification found = verify();
    EXPECT_FALSE(found.difference)
        << found.difference->subject << " " << found.difference->what << " "
        << found.difference->expected << " " << found.difference->found;
    EXPECT_EQ(found.corrections, 2u);
    EXPECT_EQ(found.invoices, 4u);
}

TEST_F(VerificationOfCorrections, OneThatWasChangedIsNamed) {
    correct_by_hand();
    const auto found =
        after("UPDATE manual_corrections SET amount = -3 WHERE reference = 'second'");
    EXPECT_THAT(found.subject, HasSubstr("correction 2 (second)"));
    EXPECT_EQ(found.what, "hash");
}

TEST_F(VerificationOfCorrections, OneOfAnotherInvoiceIsNamed) {
    correct_by_hand();
    const auto found = after(
        "UPDATE invoice_corrections SET number = (SELECT min(number) FROM "
        "invoices)");
    EXPECT_THAT(found.subject, HasSubstr("invoice "));
    EXPECT_EQ(found.what, "corrections");
}

TEST_F(VerificationTest, ATailThatAnInvoiceHadIsMissedAlthoughItsHeadWasCutToo) {
    keep_books();
    EXPECT_EQ(ask("SELECT count(*) FROM invoice_chain_heads"), "5");
    EXPECT_THAT(try_as_service("UPDATE invoice_chain_heads SET count = 1"),
                HasSubstr("permission denied"));
    EXPECT_THAT(try_as_service("DELETE FROM invoice_chain_heads"), HasSubstr("permission denied"));
    // The chain of aa's second life, cut as if its last fact had never come.
    const std::string chain =
        " WHERE gateway = 'gw-2' AND account_id = (SELECT account_id FROM keys WHERE "
        "fingerprint = '" +
        key("aa").text() + "')";
    ask("SET session_replication_role = replica; DELETE FROM facts" + chain +
        " AND sequence = (SELECT max(sequence) FROM facts" + chain +
        "); UPDATE chain_heads SET count = count - 1, (head, last_sequence) = (SELECT chain, "
        "sequence FROM facts" +
        chain + " ORDER BY sequence DESC LIMIT 1)" + chain);
    // What the facts say now is made to fit, so that the invoice alone remembers.
    ask("INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) SELECT "
        "DISTINCT account_id, upstream, model, now(), now() FROM sessions");
    const Verification found = verify();
    ASSERT_TRUE(found.difference);
    EXPECT_THAT(found.difference->subject, HasSubstr("invoice TG-2026-00000"));
    EXPECT_THAT(found.difference->what, HasSubstr("head of the chain of gateway gw-2"));
    EXPECT_EQ(found.difference->found, "no such fact");
}

TEST_F(VerificationTest, AnInvoiceThatCannotBeReadOrIsOfAnotherInstantIsNamed) {
    keep_books();
    auto found = after(
        "UPDATE invoices SET issued_at = issued_at + interval '1 day' WHERE "
        "number = 'TG-2026-000002'");
    EXPECT_EQ(found.subject, "invoice TG-2026-000002");
    EXPECT_EQ(found.what, "instant of issue");
    found = after("UPDATE invoices SET document = '{}' WHERE number = 'TG-2026-000001'");
    EXPECT_EQ(found.subject, "invoice TG-2026-000001");
    EXPECT_EQ(found.what, "document");
}

TEST_F(VerificationTest, HeadsTakenFromBesideAnInvoiceAreMissed) {
    keep_books();
    const invoicing::Invoice invoice = get_invoice(store_, "TG-2026-000001");
    ASSERT_FALSE(invoice.chain_heads.empty());
    EXPECT_EQ(invoice.chain_heads[0].gateway, "gw-2");
    EXPECT_EQ(invoice.chain_heads[0].hash,
              ask("SELECT encode(head, 'hex') FROM chain_heads WHERE gateway = 'gw-2' AND "
                  "account_id = '" +
                  invoice.account_id.text() + "'"));
    const auto found = after("DELETE FROM invoice_chain_heads WHERE number = 'TG-2026-000001'");
    EXPECT_EQ(found.subject, "invoice TG-2026-000001");
    EXPECT_EQ(found.what, "chain heads");
}

TEST_F(VerificationTest, AnInvoiceThatIsMissingOrHoldsOtherChargesIsNamed) {
    keep_books();
    auto found = after(
        "DELETE FROM invoice_batches WHERE ctid = (SELECT min(ctid) FROM invoice_batches WHERE "
        "number = 'TG-2026-000001')");
    EXPECT_EQ(found.subject, "invoice TG-2026-000001");
    EXPECT_EQ(found.what, "the sum of its charges");
    found = after("DELETE FROM invoices WHERE number IN ('TG-2026-000001', 'TG-2026-000003')");
    EXPECT_EQ(found.subject, "the invoices of TG-2026");
    EXPECT_EQ(found.expected, "3");
    EXPECT_EQ(found.found, "1");
}

TEST_F(VerificationTest, ChargesThatNoClosingWouldFindAreFound) {
    keep_books();
    auto found = after("UPDATE charge_batches SET batch = 1");
    EXPECT_THAT(found.subject, testing::HasSubstr("charges of 2026-10 of account"));
    EXPECT_EQ(found.found, "one that is on an invoice and takes more");
    ask("UPDATE charge_batches SET batch = 2");
    ship(one_life(start_ + Duration::seconds(9'000), key("aa")));
    meter();
    EXPECT_FALSE(verify().difference);
    found = after("UPDATE charge_batches SET is_open = false");
    EXPECT_EQ(found.found, "one that no closing finds");
}

}  // namespace
}  // namespace ledger
