#include "ledger/charging.h"

#include <fstream>
#include <sstream>

#include "calendar/zone.h"
#include "ledger/accounts.h"
#include "ledger/meter.h"
#include "ledger/models.h"
#include "ledger/plans.h"
#include "ledger/queries.h"
#include "metering/rule.h"
#include "platform/clock.h"
#include "support/fact_builders.h"
#include "support/shipped_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using calendar::Instant;

std::string plan_document(const std::string& name) {
    std::ifstream file(std::string(TEST_DATA) + "/plans/" + name + ".json");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

class Charges : public ShippedBooks {
  protected:
    Charges() {
        add_plan(store_, plan_document("bytez-2024-06"));
        set_default_plan(store_, "bytez-2024-06", start_);
        ship({started(start_)});
    }
    void ship(const std::vector<lifecycle::Fact>& facts) {
        ShippedBooks::ship(facts);
        meter();
    }
    void meter() {
        while (meter_.meter_pending(true) > 0) {
        }
        for (const WaitingInstance& waiting : list_waiting_instances(store_)) {
            ADD_FAILURE() << waiting.reason;
        }
    }
    /// Loaded, running 100 s later, deleted `seconds` after it ran.
    std::vector<lifecycle::Fact> life(Instant load, std::int64_t seconds,
                                      std::optional<std::string> gb = "0.5") {
        const Instant running = load + Duration::seconds(100);
        return {loaded(load, key(), std::move(gb)),
                seen_running(running + Duration::seconds(1), load, running),
                deleted(running + Duration::seconds(seconds))};
    }
    /// The ledger's rows of the session sum to what the metering rule says of it.
    void expect_rule(const SessionRecord& record) {
        auto plan = std::get<metering::Plan>(metering::parse_plan(record.plan_document.value()));
        const auto charge =
            metering::rate_session(metering::to_facts(record.session, record.account_name), plan,
                                   calendar::find_zone(record.timezone).value(), std::nullopt);
        money::Decimal amount;
        money::Decimal seconds;
        ChargeFilter filter;
        filter.session = record.session.id;
        for (const ChargeRow& row : list_charges(store_, filter)) {
            if (row.amount) amount += money::parse_decimal(*row.amount).value();
            seconds += money::parse_decimal(row.seconds).value();
        }
        EXPECT_EQ(money::to_text(seconds), money::to_text(metering::to_seconds(charge.billable)));
        if (charge.amount) {
            EXPECT_EQ(money::to_text(amount), money::to_text(charge.amount->value()));
        }
    }
    std::vector<SessionRecord> sessions() {
        std::vector<SessionRecord> found;
        for_each_session(store_, {}, [&](const SessionRecord& record) { found.push_back(record); });
        return found;
    }

    Instant start_ = at("2026-10-05T10:00:00Z");
    Meter meter_{options()};
};

TEST_F(Charges, OfASessionAreWhatTheMeteringRuleSays) {
    ship(life(start_, 610));
    const auto rows = list_charges(store_, {});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].period, "2026-10");
    EXPECT_EQ(rows[0].revision, 1);
    EXPECT_EQ(rows[0].status, "rated");
    EXPECT_EQ(rows[0].used_seconds, "610");
    EXPECT_EQ(rows[0].rounding_seconds, "50");
    EXPECT_EQ(rows[0].minimum_seconds, "0");
    EXPECT_EQ(rows[0].seconds, "660");
    EXPECT_EQ(rows[0].gb_seconds, "330");
    EXPECT_EQ(rows[0].amount, "0.005500011");  // 330 × 0.0000166667
    expect_rule(sessions().at(0));
}

TEST_F(Charges, WhatIsChargedIsCountedAndWhatIsTakenBackIsNotSubtracted) {
    ship(life(start_, 610));
    EXPECT_EQ(money::to_text(meter_.gigabyte_seconds()), "330");
    ship({deleted(start_ + Duration::seconds(500))});  // an earlier delete: 400 s used, 420 billed
    EXPECT_EQ(list_charges(store_, {}).size(), 2u);
    EXPECT_EQ(money::to_text(meter_.gigabyte_seconds()), "330");
}

TEST_F(Charges, OfOpenSessionsAreNone) {
    ship({loaded(start_),
          seen_running(start_ + Duration::seconds(9), start_, start_ + Duration::seconds(5))});
    EXPECT_TRUE(list_charges(store_, {}).empty());
    EXPECT_EQ(sessions().at(0).plan, "bytez-2024-06");
}

TEST_F(Charges, AreCutAtTheMonthsOfTheAccountsZone) {
    ship({loaded(start_ - Duration::seconds(90'000))});
    ask("UPDATE accounts SET timezone = 'Asia/Kolkata'");
    ship(life(at("2026-10-31T18:20:00Z"), 1'000));  // midnight there is 18:30Z
    ChargeFilter filter;
    filter.session = sessions().back().session.id;
    const auto rows = list_charges(store_, filter);
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0].period, "2026-10");
    EXPECT_EQ(rows[0].seconds, "500");
    EXPECT_EQ(rows[0].rounding_seconds, "0");
    EXPECT_EQ(rows[1].period, "2026-11");
    EXPECT_EQ(rows[1].seconds, "520");
    EXPECT_EQ(rows[1].rounding_seconds, "20");
    expect_rule(sessions().back());
}

TEST_F(Charges, AChangedResultIsANewRowWithTheDifference) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1]});
    ship({deleted(start_ + Duration::seconds(1'300))});
    EXPECT_EQ(list_charges(store_, {}).at(0).seconds, "1200");
    ship({facts[2]});  // came late: it was deleted earlier
    const auto rows = list_charges(store_, {});
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[1].revision, 2);
    EXPECT_EQ(rows[1].seconds, "-600");
    EXPECT_EQ(rows[1].gb_seconds, "-300");
    EXPECT_EQ(rows[1].amount, "-0.00500001");
    expect_rule(sessions().at(0));
}

TEST_F(Charges, AreTheSameWhenNothingChanged) {
    ship(life(start_, 600));
    ask("INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
        "SELECT account_id, upstream, model, loaded_at, now() FROM sessions");
    meter();
    EXPECT_EQ(list_charges(store_, {}).size(), 1u);
}

TEST_F(Charges, AnUnpricedSessionIsPricedByADifference) {
    ship(life(start_, 600, std::nullopt));
    auto rows = list_charges(store_, {});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].status, "unpriced");
    EXPECT_FALSE(rows[0].amount);
    EXPECT_EQ(rows[0].seconds, "600");
    set_model(store_, test_model, "2", "test", clock_.now());
    meter();
    rows = list_charges(store_, {});
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[1].status, "rated");
    EXPECT_EQ(rows[1].seconds, "0");
    EXPECT_EQ(rows[1].gb_seconds, "1200");
    expect_rule(sessions().at(0));
}

TEST_F(Charges, ASessionThatTurnsOutNotToBeIsChargedBack) {
    ship(life(start_, 600));
    ask("INSERT INTO pending_instances (account_id, upstream, model, earliest, due_at) "
        "SELECT account_id, upstream, model, loaded_at, now() FROM sessions");
    // As the owner, past the trigger: no fact supports it.
    ask("ALTER TABLE facts DISABLE TRIGGER facts_stay");
    ask("DELETE FROM facts WHERE kind <> 'gateway_started'");
    meter();
    EXPECT_TRUE(sessions().empty());
    EXPECT_EQ(ask("SELECT sum(amount) = 0 FROM charges"), "t");
    EXPECT_EQ(list_charges(store_, {}).at(1).status, "free");
}

TEST_F(Charges, APlanAssignedFromThePastRatesItsSessionsAnew) {
    ship(life(start_, 610));
    add_plan(store_, plan_document("per-second"));
    assign_plan(store_, "key-aa000000", "per-second", start_ - Duration::seconds(60));
    meter();
    const auto rows = list_charges(store_, {});
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(ask("SELECT sum(seconds) FROM charges WHERE plan = 'bytez-2024-06'"), "0");
    EXPECT_EQ(ask("SELECT sum(used_seconds) FROM charges WHERE plan = 'per-second'"), "610");
    expect_rule(sessions().at(0));
}

TEST_F(Charges, ThePlanOfTheLoadHoldsForTheWholeSession) {
    const auto facts = life(start_, 610);
    ship({facts[0], facts[1]});
    add_plan(store_, plan_document("per-second"));
    assign_plan(store_, "key-aa000000", "per-second", start_ + Duration::seconds(60));
    ship({facts[2]});
    EXPECT_EQ(sessions().at(0).plan, "bytez-2024-06");
    EXPECT_EQ(list_charges(store_, {}).at(0).plan, "bytez-2024-06");
}

TEST_F(Charges, FinishedMonthsOfAnOpenSessionAreChargedWhenAskedFor) {
    const Instant load = at("2026-10-30T00:00:00Z");
    const Instant running = load + Duration::seconds(100);
    std::vector<lifecycle::Fact> facts{loaded(load)};
    lifecycle::Fact seen = seen_running(at("2026-11-02T00:00:00Z"), load, running, key(), 3);
    std::get<lifecycle::InstanceSeen>(seen.body).expires_at = at("2026-11-02T00:20:00Z");
    ship({loaded(load), seen_running(running + Duration::seconds(1), load, running), seen});
    const auto account = sessions().at(0).account;
    EXPECT_EQ(charge_open_sessions(store_, {account}, at("2026-11-01T12:00:00Z")), 1);
    auto rows = list_charges(store_, {});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0].period, "2026-10");
    EXPECT_EQ(rows[0].status, "open");
    EXPECT_EQ(rows[0].seconds, "172700");
    charge_open_sessions(store_, {account}, at("2026-11-01T13:00:00Z"));
    EXPECT_EQ(list_charges(store_, {}).size(), 1u);
    ship({deleted(at("2026-11-02T00:10:00Z"))});
    rows = list_charges(store_, {});
    expect_rule(sessions().at(0));
    EXPECT_EQ(ask("SELECT sum(seconds) FROM charges WHERE period = '2026-10'"), "172700");
}

TEST_F(Charges, PlansAreKeptAsTheyWereAdded) {
    EXPECT_EQ(add_plan(store_, plan_document("bytez-2024-06")), PlanAdded::was_there);
    std::string other = plan_document("bytez-2024-06");
    other.replace(other.find("0.0000166667"), 12, "0.0000166668");
    EXPECT_THROW(add_plan(store_, other), Refused);
    EXPECT_THROW(add_plan(store_, "{}"), Refused);
    EXPECT_THROW(add_plan(store_, "no json"), Refused);
    EXPECT_EQ(list_plans(store_).size(), 1u);
    create_account(store_, {.name = "Euro", .currency = "EUR"});
    EXPECT_THROW(assign_plan(store_, "Euro", "bytez-2024-06", start_), Refused);
    EXPECT_THROW(assign_plan(store_, "Euro", "nothing", start_), Refused);
    EXPECT_THROW(assign_plan(store_, "Nobody", "bytez-2024-06", start_), Refused);
    set_default_plan(store_, "bytez-2024-06", start_);
    EXPECT_EQ(list_plan_assignments(store_).size(), 1u);
}

}  // namespace
}  // namespace ledger
