#include "ledger/invoices.h"

#include <set>
#include <thread>

#include "invoicing/document.h"
#include "ledger/charge_rows.h"
#include "ledger/plans.h"
#include "ledger/session_rows.h"
#include "ledger/usage.h"
#include "platform/crypto.h"
#include "support/postgres_fixture.h"

namespace ledger {
namespace {

using calendar::Instant;
using calendar::Month;
using testing::HasSubstr;

constexpr const char* plan_document =
    R"({"plan": "p", "currency": "USD", "rate_per_gb_second": "0.001", "starts_at": "running",
        "minimum_seconds": 60, "increment_seconds": 60, "spin_down": "billed",
        "shutdown_grace_seconds": 120, "failed_boot": "free", "per_replica": true,
        "gb_basis": "required_ram"})";

Instant at(std::string_view text) {
    return *calendar::parse_instant(text);
}

const Month october{2026, 10};
const Month september{2026, 9};
const Instant in_november = at("2026-11-02T00:00:00Z");

class Invoices : public support::PostgresTest {
  protected:
    Invoices() : acme_(add_account("acme")) {
        add_plan(store_, plan_document);
        set_default_plan(store_, "p", at("2026-01-01T00:00:00Z"));
    }

    Account add_account(const std::string& name, const std::string& zone = "UTC") {
        return create_account(store_, {.name = name, .timezone = zone, .currency = "USD"});
    }

    struct Run {
        std::string id;
        std::string running;
        std::string ended = {};  // empty: open
        std::string gb = "1";
        std::string model = "org/model";
    };
    /// Stored and charged as the meter does it; again: as it does when facts have changed.
    void put(const Account& account, const Run& run) {
        FoldedSession folded{.session = {}, .plan = "p"};
        lifecycle::Session& session = folded.session;
        session.id = lifecycle::SessionId(run.id);
        session.upstream = lifecycle::UpstreamId("u");
        session.key = lifecycle::KeyFingerprint("00112233445566778899aabbccddeeff");
        session.model = lifecycle::ModelName(run.model + "/" + run.id);
        if (!run.gb.empty()) session.gb = run.gb;
        session.loaded_at = at(run.running);
        session.running_at = at(run.running);
        session.runs = 3;
        if (!run.ended.empty()) {
            session.ended_at = at(run.ended);
            session.end_reason = lifecycle::EndReason::deleted;
        }
        Refold refold{.account = account.id, .sessions = {folded}, .withdrawn = {}};
        if (ask("SELECT count(*) FROM sessions WHERE id = '" + run.id + "'") == "1")
            refold.runs_before[session.id] = session.runs;
        transact(store_, [&](Work& work) {
            write_session(work, account.id, session, folded.plan);
            charge_sessions(work, {refold});
        });
    }

    Closing close(const Account& account, Month month = october, Instant now = in_november) {
        return close_month(store_, account, month, terms_, now);
    }
    std::string number_of(const Closing& closing) {
        return closing.issued ? closing.issued->number.value_or("") : "";
    }
    void expect_gapless(int count) {
        EXPECT_EQ(
            ask("SELECT count(*) || ' ' || coalesce(min(counter), 0) || ' ' || "
                "coalesce(max(counter), 0) FROM invoices"),
            std::to_string(count) + " " + (count == 0 ? "0" : "1") + " " + std::to_string(count));
        EXPECT_EQ(ask("SELECT coalesce(max(last), 0) FROM invoice_counters"),
                  std::to_string(count));
    }

    InvoiceTerms terms_{.issuer = {.name = "Issuer"}, .series = "TG"};
    Account acme_;
};

TEST_F(Invoices, IssueOnceWithNumberSnapshotAndDigest) {
    put(acme_, {"s1", "2026-10-05T10:00:00Z", "2026-10-05T10:00:30Z"});
    const Closing closing = close(acme_);
    ASSERT_TRUE(closing.issued);
    EXPECT_EQ(number_of(closing), "TG-2026-000001");
    EXPECT_EQ(to_text(closing.issued->total), "0.06");
    const invoicing::Invoice stored = get_invoice(store_, "TG-2026-000001");
    EXPECT_EQ(to_json(stored, invoicing::Layout::compact),
              to_json(*closing.issued, invoicing::Layout::compact));
    EXPECT_EQ(stored.digest, platform::to_hex(platform::sha256(canonical_inputs(stored))));
    ASSERT_EQ(stored.sessions.size(), 1u);
    EXPECT_EQ(stored.sessions[0].start, at("2026-10-05T10:00:00Z"));
    EXPECT_EQ(stored.sessions[0].end, at("2026-10-05T10:00:30Z"));
    EXPECT_EQ(stored.sessions[0].runs, 3);
    EXPECT_EQ(stored.issuer.name, "Issuer");

    EXPECT_FALSE(close(acme_).issued);
    EXPECT_FALSE(close(acme_, Month{2026, 11}, at("2026-12-02T00:00:00Z")).issued);
    expect_gapless(1);
    const auto list = list_invoices(store_, {});
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(to_text(list[0].total), "0.06");
    EXPECT_EQ(list[0].account, "acme");
}

TEST_F(Invoices, AnAccountWithoutChargesGetsNone) {
    EXPECT_FALSE(close(acme_).issued);
    put(acme_, {"later", "2026-11-01T10:00:00Z", "2026-11-01T10:00:30Z"});
    EXPECT_FALSE(close(acme_).issued);
    expect_gapless(0);
    EXPECT_THROW((void)get_invoice(store_, "TG-2026-000001"), Refused);
}

TEST_F(Invoices, NumbersAreGaplessUnderTwoClosersAtOnce) {
    std::vector<Account> accounts;
    for (int i = 0; i < 8; ++i) {
        accounts.push_back(add_account("account" + std::to_string(i)));
        const std::string n = std::to_string(i);
        put(accounts.back(), {"s" + n, "2026-10-05T10:00:00Z", "2026-10-05T10:00:30Z"});
    }
    std::vector<int> issued(2);
    std::vector<std::thread> closers;
    for (std::size_t who = 0; who < 2; ++who) {
        closers.emplace_back([&, who] {
            Store store(options());
            for (const Account& account : accounts) {
                if (close_month(store, account, october, terms_, in_november).issued) ++issued[who];
            }
        });
    }
    for (std::thread& closer : closers) closer.join();
    EXPECT_EQ(issued[0] + issued[1], 8);
    expect_gapless(8);
    EXPECT_EQ(ask("SELECT count(*) FROM invoice_charges"), "8");
}

TEST_F(Invoices, AnAbortedTransactionLeavesNoGap) {
    put(acme_, {"s1", "2026-10-05T10:00:00Z", "2026-10-05T10:00:30Z"});
    try {
        transact(store_, [](Work& work) {
            work.exec("SELECT take_invoice_numbers('TG', 2026, 1)");
            throw std::runtime_error("the machine fails here");
        });
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("fails here"));
    }
    EXPECT_EQ(number_of(close(acme_)), "TG-2026-000001");
    expect_gapless(1);
}

TEST_F(Invoices, ANumberWithoutAnInvoiceCannotBeCommittedNorAnInventedOneUsed) {
    EXPECT_THAT(try_as_service("SELECT take_invoice_numbers('TG', 2026, 1)"),
                HasSubstr("taken without an invoice"));
    EXPECT_THAT(try_as_service("INSERT INTO invoices SELECT 'TG-2026-000009', 'TG', 2026, 9, '" +
                               acme_.id.text() +
                               "', '2026-10', 'UTC', 'USD', now(), 1, 1, repeat('a', 64), '{}'"),
                HasSubstr("not taken from the counter"));
    expect_gapless(0);
}

TEST_F(Invoices, AreImmutableForTheServiceAndForTheOwner) {
    put(acme_, {"s1", "2026-10-05T10:00:00Z", "2026-10-05T10:00:30Z"});
    close(acme_);
    for (const char* sql :
         {"UPDATE invoices SET total = 0", "DELETE FROM invoices", "TRUNCATE invoices CASCADE",
          "UPDATE invoice_batches SET number = ''", "DELETE FROM invoice_batches",
          "TRUNCATE invoice_batches", "UPDATE invoice_counters SET last = 7",
          "DELETE FROM invoice_counters", "INSERT INTO invoice_counters VALUES ('X', 2026, 1)",
          "ALTER TABLE invoices DISABLE TRIGGER ALL"}) {
        const std::string error = try_as_service(sql);
        EXPECT_TRUE(error.find("permission denied") != std::string::npos ||
                    error.find("must be owner") != std::string::npos)
            << sql << ": " << error;
    }
    for (const char* sql : {"UPDATE invoices SET total = 0", "DELETE FROM invoice_batches",
                            "TRUNCATE invoices CASCADE"}) {
        try {
            ask(std::string("SET LOCAL ROLE tollgate_owner; ") + sql);
            FAIL() << sql;
        } catch (const pqxx::sql_error& error) {
            EXPECT_THAT(error.what(), HasSubstr("never changed")) << sql;
        }
    }
    EXPECT_EQ(to_text(get_invoice(store_, "TG-2026-000001").total), "0.06");
}

TEST_F(Invoices, AChargeIsOnOneInvoiceAtMost) {
    put(acme_, {"s1", "2026-10-05T10:00:00Z", "2026-10-05T10:00:30Z"});
    close(acme_);
    EXPECT_THAT(try_as_service("INSERT INTO invoice_batches SELECT * FROM invoice_batches"),
                HasSubstr("duplicate key"));
    EXPECT_THAT(try_as_service("INSERT INTO invoice_batches (number, account_id, period, batch) "
                               "SELECT number, account_id, '2026-09', batch FROM invoice_batches"),
                HasSubstr("is being issued"));
    EXPECT_THAT(try_as_owner("ALTER TABLE invoice_batches DISABLE TRIGGER USER; INSERT INTO "
                             "invoice_batches SELECT * FROM invoice_batches"),
                HasSubstr("duplicate key"));
}

TEST_F(Invoices, WhatChangesAfterIssueIsAnAdjustmentOnTheNext) {
    put(acme_, {"s1", "2026-10-05T10:00:00Z", "2026-10-05T10:10:00Z"});
    EXPECT_EQ(to_text(close(acme_).issued->total), "0.60");
    put(acme_, {"s1", "2026-10-05T10:00:00Z", "2026-10-05T10:05:00Z"});
    put(acme_, {"s2", "2026-11-05T10:00:00Z", "2026-11-05T10:01:00Z"});
    const Closing next = close(acme_, Month{2026, 11}, at("2026-12-02T00:00:00Z"));
    ASSERT_TRUE(next.issued);
    ASSERT_EQ(next.issued->lines.size(), 2u);
    const invoicing::Line& adjustment = next.issued->lines[1];
    EXPECT_EQ(adjustment.kind, invoicing::LineKind::adjustment);
    EXPECT_EQ(adjustment.period, "2026-10");
    EXPECT_EQ(to_text(adjustment.payable), "-0.30");
    EXPECT_EQ(to_text(adjustment.invoiced_before.value()), "0.6");
    EXPECT_EQ(adjustment.runs, 0);  // the first invoice showed them
    EXPECT_EQ(to_text(next.issued->total), "-0.24");
}

TEST_F(Invoices, ASecondCloseOfTheMonthIssuesOnlyWhatIsNew) {
    put(acme_, {"s1", "2026-10-05T10:00:00Z", "2026-10-05T10:01:00Z"});
    const Instant early = at("2026-10-10T00:00:00Z");
    EXPECT_EQ(to_text(close(acme_, october, early).issued->total), "0.06");
    EXPECT_FALSE(close(acme_, october, early).issued);
    put(acme_, {"s2", "2026-10-15T10:00:00Z", "2026-10-15T10:02:00Z"});
    const Closing second = close(acme_);
    ASSERT_TRUE(second.issued);
    ASSERT_EQ(second.issued->sessions.size(), 1u);
    EXPECT_EQ(second.issued->sessions[0].session.text(), "s2");
    EXPECT_EQ(second.issued->lines[0].kind, invoicing::LineKind::adjustment);
    expect_gapless(2);
}

TEST_F(Invoices, ASessionOverTheMonthsEndIsChargedToEachMonthWhatIsItsOwn) {
    put(acme_, {"long", "2026-09-30T23:59:00Z"});
    EXPECT_FALSE(close(acme_, september, at("2026-09-30T23:59:30Z")).issued);  // early: still open
    const Closing first = close(acme_, september, at("2026-10-01T00:00:10Z"));
    ASSERT_TRUE(first.issued);
    EXPECT_EQ(to_text(first.issued->total), "0.06");
    EXPECT_EQ(first.issued->sessions[0].end, at("2026-10-01T00:00:00Z"));
    put(acme_, {"long", "2026-09-30T23:59:00Z", "2026-10-01T00:00:30Z"});
    const Closing second = close(acme_);
    ASSERT_TRUE(second.issued);
    ASSERT_EQ(second.issued->lines.size(), 1u);
    EXPECT_EQ(second.issued->lines[0].kind, invoicing::LineKind::usage);
    EXPECT_EQ(to_text(second.issued->lines[0].used), "30");
    EXPECT_EQ(to_text(second.issued->lines[0].rounding), "30");
    EXPECT_EQ(second.issued->sessions[0].start, at("2026-10-01T00:00:00Z"));
    EXPECT_EQ(second.issued->sessions[0].end, at("2026-10-01T00:00:30Z"));
}

TEST_F(Invoices, AnUnpricedSessionKeepsItsAccountOpenAndNoOther) {
    const Account other = add_account("other");
    put(acme_, {"s1", "2026-10-05T10:00:00Z", "2026-10-05T10:01:00Z", ""});
    put(other, {"s2", "2026-10-05T10:00:00Z", "2026-10-05T10:01:00Z"});
    const Closing blocked = close(acme_);
    EXPECT_FALSE(blocked.issued);
    ASSERT_EQ(blocked.obstacles.size(), 1u);
    EXPECT_THAT(blocked.obstacles[0].reason, HasSubstr("s1"));
    EXPECT_EQ(number_of(close(other)), "TG-2026-000001");
    put(acme_, {"s1", "2026-10-05T10:00:00Z", "2026-10-05T10:01:00Z", "2"});
    const Closing priced = close(acme_);
    EXPECT_EQ(number_of(priced), "TG-2026-000002");
    EXPECT_EQ(to_text(priced.issued->total), "0.12");
    EXPECT_EQ(to_text(priced.issued->lines[0].billable), "60");
}

TEST_F(Invoices, APreviewHasTheOpenSessionsUpToNowAndChangesNothing) {
    put(acme_, {"done", "2026-10-05T10:00:00Z", "2026-10-05T10:01:00Z"});
    put(acme_, {"open", "2026-10-06T10:00:00Z"});
    const auto draft = preview_invoice(store_, acme_, october, terms_, at("2026-10-06T10:01:30Z"));
    EXPECT_FALSE(draft.invoice.number);
    ASSERT_EQ(draft.invoice.lines.size(), 2u);
    EXPECT_FALSE(draft.invoice.lines[0].accruing);
    EXPECT_TRUE(draft.invoice.lines[1].accruing);
    EXPECT_EQ(to_text(draft.invoice.lines[1].used), "90");
    EXPECT_EQ(to_text(draft.invoice.total), "0.18");
    EXPECT_EQ(ask("SELECT count(*) FROM charges"), "1");
    expect_gapless(0);
}

TEST_F(Invoices, TheMonthIsThatOfTheAccountsZone) {
    const Account far = add_account("far", "Asia/Tokyo");
    EXPECT_TRUE(has_ended(far, october, at("2026-10-31T15:00:00Z")));
    EXPECT_FALSE(has_ended(far, october, at("2026-10-31T14:59:59.999999Z")));
    EXPECT_FALSE(has_ended(acme_, october, at("2026-10-31T15:00:00Z")));
    put(far, {"s1", "2026-10-31T14:59:30Z", "2026-10-31T15:00:30Z"});
    EXPECT_EQ(to_text(close(far).issued->lines[0].used), "30");
}

TEST_F(Invoices, UsageIsTheSumOfChargesAndOfWhatAccrues) {
    put(acme_, {"done", "2026-10-05T23:59:00Z", "2026-10-06T00:01:00Z"});
    put(acme_, {"open", "2026-10-06T10:00:00Z"});
    put(acme_, {"before", "2026-09-06T10:00:00Z", "2026-09-06T11:00:00Z"});
    const Instant now = at("2026-10-06T10:01:30Z");
    const auto by_model = read_usage(store_, {acme_}, october, invoicing::UsageBy::model, now);
    EXPECT_EQ(by_model.total.sessions, 2);
    EXPECT_EQ(by_model.total.open_sessions, 1);
    EXPECT_EQ(by_model.total.inferences, 6);
    EXPECT_EQ(to_text(by_model.total.amount), "0.24");
    const auto by_day = read_usage(store_, {acme_}, october, invoicing::UsageBy::day, now);
    ASSERT_EQ(by_day.rows.size(), 2u);
    EXPECT_EQ(by_day.rows[0].part, "2026-10-05");
    EXPECT_EQ(to_text(by_day.rows[0].sums.amount), "0.06");
    EXPECT_EQ(to_text(by_day.rows[1].sums.amount), "0.18");
    EXPECT_EQ(by_day.total.amount, by_model.total.amount);
    EXPECT_EQ(by_day.total.sessions, 2);
}

TEST_F(Invoices, UsageInSeveralCurrenciesHasNoSum) {
    const Account yen =
        create_account(store_, {.name = "yen", .timezone = "UTC", .currency = "JPY"});
    try {
        read_usage(store_, {acme_, yen}, october, invoicing::UsageBy::model, in_november);
        FAIL();
    } catch (const Refused& error) {
        EXPECT_THAT(error.what(), HasSubstr("JPY, USD"));
    }
}

}  // namespace
}  // namespace ledger
