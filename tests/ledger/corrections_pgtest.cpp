// What becomes of a month that was issued when facts come late or change.
#include "invoicing/document.h"
#include "ledger/charge_basis.h"
#include "ledger/models.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using invoicing::Invoice;
using invoicing::LineKind;
using testing::ElementsAre;
using testing::HasSubstr;

class Corrections : public MeteredBooks {
  protected:
    std::string issued_documents() {
        return ask(
            "SELECT string_agg(document || digest || total, '' ORDER BY number) "
            "FROM invoices WHERE month = '2026-10'");
    }
    /// The next month's invoice; October's stays as it was, and December brings nothing.
    Invoice correct(const std::string& before) {
        Invoice next = issue_november();
        EXPECT_EQ(issued_documents(), before);
        EXPECT_FALSE(close_november().issued);
        EXPECT_FALSE(close({2026, 12}, "2027-01-02T00:00:00Z").issued);
        return next;
    }
};

TEST_F(Corrections, ADeleteThatComesAfterTheIssueIsAnAdjustmentWithBothAmountsAndWhy) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1], deleted(start_ + Duration::seconds(1'200))});
    EXPECT_EQ(to_text(issue_october().total), "1.20");
    const std::string before = issued_documents();
    ship({facts[2]});
    const Invoice next = correct(before);
    ASSERT_EQ(next.sessions.size(), 1u);
    const invoicing::SessionEntry& entry = next.sessions[0];
    EXPECT_EQ(entry.kind, LineKind::adjustment);
    EXPECT_EQ(to_text(entry.invoiced_before), "1.2");
    EXPECT_THAT(entry.invoiced_on, ElementsAre("TG-2026-000001"));
    EXPECT_EQ(to_text(entry.amount.value()), "-0.6");
    EXPECT_EQ(entry.reason, "the end moved from 2026-10-05T10:20:00Z to 2026-10-05T10:10:00Z");
    EXPECT_EQ(entry.evidence, "start by expiry_clock, end by delete_answer");
    ASSERT_EQ(next.lines.size(), 1u);
    EXPECT_THAT(next.lines[0].invoiced_on, ElementsAre("TG-2026-000001"));
    ASSERT_EQ(next.lines[0].reasons.size(), 1u);
    EXPECT_THAT(next.lines[0].reasons[0], HasSubstr("delete_answer"));
    const std::string json = to_json(next, invoicing::Layout::compact);
    EXPECT_THAT(json, HasSubstr(R"("amount_before":"1.2","invoiced_on":["TG-2026-000001"],)"
                                R"("amount_after":"0.6","reason":"the end moved)"));
    EXPECT_EQ(to_json(invoicing::parse_invoice(json), invoicing::Layout::compact), json);
}

// Within its minute: nothing is owed differently, but where the time goes is.
TEST_F(Corrections, ThatMoveNoMoneyWaitForAnInvoiceThatHasSome) {
    ship(life(start_, 590));
    EXPECT_EQ(to_text(issue_october().total), "0.60");
    const std::string before = issued_documents();
    ship({deleted(start_ + Duration::seconds(580))});
    EXPECT_EQ(ask("SELECT count(*) FROM charges"), "2");
    EXPECT_FALSE(close_november().issued);
    ship(life(at("2026-12-05T00:00:00Z"), 60));
    const auto december = close({2026, 12}, "2027-01-02T00:00:00Z").issued.value();
    ASSERT_EQ(december.sessions.size(), 2u);
    EXPECT_EQ(december.sessions[1].kind, LineKind::adjustment);
    EXPECT_EQ(to_text(december.sessions[1].used), "-10");
    EXPECT_EQ(to_text(december.total), "0.06");
    EXPECT_EQ(issued_documents(), before);
}

TEST_F(Corrections, AnEstimatedEndGivesWayToTheUpstreamsWord) {
    const auto facts = life(start_, 600);
    lifecycle::InstanceAbsent absent;
    absent.key = key();
    absent.model = test_model;
    absent.source = lifecycle::Source::watcher;
    absent.asked_at = start_ + Duration::seconds(1'800);
    absent.date = absent.asked_at;
    ship({facts[0], facts[1], {absent.asked_at, absent}});
    const Invoice first = issue_october();
    ASSERT_EQ(first.sessions.size(), 1u);
    EXPECT_TRUE(first.sessions[0].estimated);
    const std::string before = issued_documents();
    ship({facts[2]});
    const Invoice next = correct(before);
    ASSERT_EQ(next.sessions.size(), 1u);
    EXPECT_THAT(next.sessions[0].reason, HasSubstr("the estimated end moved from "));
    EXPECT_THAT(next.sessions[0].reason, HasSubstr("to 2026-10-05T10:10:00Z"));
    EXPECT_EQ(first.total_exact.value() + next.total_exact.value(),
              money::parse_decimal("0.6").value());
}

TEST_F(Corrections, ASessionThatComesAfterTheIssueIsChargedOnceItsGbIsKnown) {
    ship(life(start_, 60));
    issue_october();
    const std::string before = issued_documents();
    ship(life(start_ + Duration::seconds(90'000), 600, std::nullopt));
    EXPECT_FALSE(close_november().issued);
    set_model(store_, test_model, "2", "test", at("2026-12-01T00:00:00Z"));
    meter();
    const Invoice next = correct(before);
    ASSERT_EQ(next.sessions.size(), 1u);
    EXPECT_EQ(next.sessions[0].reason, "not invoiced before; the model's GB became known: 2");
    EXPECT_TRUE(next.sessions[0].invoiced_on.empty());
    EXPECT_EQ(to_text(next.sessions[0].amount.value()), "1.2");
}

TEST_F(Corrections, ASessionThatNoFactSupportsAnyMoreIsGivenBack) {
    ship(life(start_, 600));
    issue_october();
    const std::string before = issued_documents();
    ask("INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
        "SELECT account_id, upstream, model, facts_from, now() FROM sessions");
    ask("ALTER TABLE facts DISABLE TRIGGER facts_stay");  // as the owner
    ask("DELETE FROM facts WHERE kind <> 'gateway_started'");
    meter();
    const Invoice next = correct(before);
    ASSERT_EQ(next.sessions.size(), 1u);
    EXPECT_EQ(next.sessions[0].reason, "the session was withdrawn: no fact supports it any more");
    EXPECT_EQ(next.sessions[0].evidence, "none");
    EXPECT_EQ(to_text(next.total_exact.value()), "-0.6");
}

TEST_F(Corrections, ThatExceedTheMonthAreACreditNoteOfTheSameCounter) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1], deleted(start_ + Duration::seconds(1'200))});
    EXPECT_EQ(issue_october().kind, invoicing::DocumentKind::invoice);
    ship({facts[2]});
    ship(life(at("2026-11-05T10:00:00Z"), 300));
    const Invoice note = issue_november();
    EXPECT_EQ(to_text(note.total), "-0.30");
    EXPECT_EQ(note.kind, invoicing::DocumentKind::credit_note);
    EXPECT_THAT(note.corrects, ElementsAre("TG-2026-000001"));
    EXPECT_EQ(note.number, "TG-2026-000002");
    const Invoice stored = get_invoice(store_, "TG-2026-000002");
    EXPECT_EQ(stored.kind, invoicing::DocumentKind::credit_note);
    EXPECT_EQ(stored.corrects, note.corrects);
    const auto list = list_invoices(store_, {});
    ASSERT_EQ(list.size(), 2u);
    EXPECT_EQ(list[0].kind, invoicing::DocumentKind::invoice);
    EXPECT_EQ(list[1].kind, invoicing::DocumentKind::credit_note);
}

TEST_F(Corrections, ACreditThatTheMonthCoversIsAnInvoice) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1], deleted(start_ + Duration::seconds(1'200))});
    issue_october();
    ship({facts[2]});
    ship(life(at("2026-11-05T10:00:00Z"), 600));
    const Invoice next = issue_november();
    EXPECT_EQ(to_text(next.total), "0.00");
    EXPECT_EQ(next.kind, invoicing::DocumentKind::invoice);
    EXPECT_TRUE(next.corrects.empty());
}

TEST_F(Corrections, APlanAssignedFromThePastAfterTheIssueIsTwoAdjustments) {
    ship(life(start_, 600));
    issue_october();
    const std::string before = issued_documents();
    add_plan(store_, plan("dear", "0.003"));
    assign_plan(store_, account().name, "dear", start_ - Duration::seconds(60));
    meter();
    const Invoice next = correct(before);
    ASSERT_EQ(next.lines.size(), 2u);
    EXPECT_EQ(next.lines[0].plan, "dear");
    EXPECT_EQ(to_text(next.lines[0].amount.value()), "1.8");
    EXPECT_EQ(to_text(next.lines[1].amount.value()), "-0.6");
    EXPECT_EQ(next.sessions[0].reason,
              "not invoiced before; the plan of its load became dear, was p");
    EXPECT_EQ(next.sessions[1].reason, "the plan of its load became dear, was p");
    EXPECT_EQ(to_text(next.total_exact.value()), "1.2");
}

TEST_F(Corrections, SeveralRevisionsSinceTheIssueGiveAllTheirReasons) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1], deleted(start_ + Duration::seconds(1'200))});
    issue_october();
    ship({deleted(start_ + Duration::seconds(900))});
    ship({facts[2]});
    const Invoice next = issue_november();
    ASSERT_EQ(next.sessions.size(), 1u);
    EXPECT_EQ(next.sessions[0].reason,
              "the end moved from 2026-10-05T10:20:00Z to 2026-10-05T10:15:00Z; "
              "the end moved from 2026-10-05T10:15:00Z to 2026-10-05T10:10:00Z");
    EXPECT_EQ(to_text(next.sessions[0].amount.value()), "-0.6");
}

TEST_F(Corrections, ARowFromBeforeReasonsWereKeptIsNamedAsSuch) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1], deleted(start_ + Duration::seconds(1'200))});
    issue_october();
    ask("UPDATE charges SET basis = NULL");
    ship({facts[2]});
    EXPECT_EQ(issue_november().sessions.at(0).reason,
              "what it rests on changed; what it was before was not kept");
}

struct Change {
    std::string name;
    ChargeBasis before;
    ChargeBasis now;
    std::string reason;
};

class Reason : public testing::TestWithParam<Change> {};

TEST_P(Reason, SaysWhatIsKnownOtherwise) {
    const Change& change = GetParam();
    EXPECT_EQ(explain_change(change.before, change.now), change.reason);
    EXPECT_EQ(parse_basis(to_json(change.before)), change.before);
    EXPECT_EQ(parse_basis(to_json(change.now)), change.now);
}

ChargeBasis ended(const std::string& end, const std::string& why = "deleted") {
    return {.loaded_at = at("2026-10-05T10:00:00Z"),
            .running_at = at("2026-10-05T10:01:00Z"),
            .ended_at = at(end),
            .end_reason = why,
            .gb = "0.5",
            .plan = "p",
            .timezone = "UTC"};
}

ChargeBasis with(void (*change)(ChargeBasis&)) {
    ChargeBasis basis = ended("2026-10-05T11:00:00Z");
    change(basis);
    return basis;
}

const ChargeBasis usual = ended("2026-10-05T11:00:00Z");

INSTANTIATE_TEST_SUITE_P(
    Table, Reason,
    testing::Values(Change{"start", usual,
                           with([](ChargeBasis& b) { b.running_at = at("2026-10-05T10:02:00Z"); }),
                           "the start moved from 2026-10-05T10:01:00Z to 2026-10-05T10:02:00Z"},
                    Change{"never_ran", usual, with([](ChargeBasis& b) { b.running_at.reset(); }),
                           "it did not run after all (was running from 2026-10-05T10:01:00Z)"},
                    Change{"ran", with([](ChargeBasis& b) { b.running_at.reset(); }), usual,
                           "it became known that it ran, from 2026-10-05T10:01:00Z"},
                    Change{"why", usual, ended("2026-10-05T11:00:00Z", "expired"),
                           "how it ended became known: expired, not deleted"},
                    Change{"ended", with([](ChargeBasis& b) {
                               b.ended_at.reset();
                               b.end_reason.clear();
                           }),
                           usual, "it ended at 2026-10-05T11:00:00Z (deleted)"},
                    Change{"gb", usual, with([](ChargeBasis& b) { b.gb = "2"; }),
                           "the model's GB at its load became 2, was 0.5"},
                    Change{"same_gb", usual, with([](ChargeBasis& b) { b.gb = "0.50"; }),
                           "rated anew; what it rests on is the same"},
                    Change{"replicas", usual, with([](ChargeBasis& b) { b.concurrency = 3; }),
                           "its replicas became 3, were 1"},
                    Change{"zone", usual, with([](ChargeBasis& b) { b.timezone = "Asia/Tokyo"; }),
                           "the account's months became those of Asia/Tokyo, were of UTC"},
                    Change{"two", usual, with([](ChargeBasis& b) {
                               b.plan = "q";
                               b.concurrency = 2;
                           }),
                           "its replicas became 2, were 1; the plan of its load became q, was p"},
                    Change{"back",
                           {.withdrawn = true},
                           usual,
                           "the session had been withdrawn and is supported again"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace ledger
