// A session keeps the plan version and the GB of its load; what changes later is for later loads.
#include "ledger/models.h"
#include "support/metered_books.h"

namespace ledger {
namespace {

using namespace support;
using calendar::Duration;
using calendar::Instant;

class PlanVersions : public MeteredBooks {
  protected:
    PlanVersions() { add_plan(store_, plan("q", "0.002")); }
    /// The account is there from its first load on.
    void make_account() { ship(life(start_ - Duration::seconds(7'200), 60)); }

    /// "plan amount" of the sessions' charges, by load.
    std::vector<std::string> charged() {
        std::vector<std::string> result;
        for_each_session(store_, {}, [&](const SessionRecord& record) {
            result.push_back(record.session.id.text());
        });
        for (std::string& session : result) {
            session = ask(
                "SELECT string_agg(plan || ' ' || amount, ', ' ORDER BY plan) FROM (SELECT plan, "
                "trim_scale(sum(amount)) AS amount FROM charges WHERE session_id = '" +
                session + "' GROUP BY plan HAVING sum(amount) <> 0) c");
        }
        return result;
    }
    void assign(const std::string& name, Instant from) {
        assign_plan(store_, account().name, name, from);
        meter();
    }
    const std::vector<std::string> first_then_second_ = {"p 0.6", "q 1.2"};
};

TEST_F(PlanVersions, ASessionThatSpansTheChangeKeepsTheVersionOfItsLoad) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1]});
    assign("q", start_ + Duration::seconds(300));  // while it runs
    ship({facts[2]});
    ship(life(start_ + Duration::seconds(3'600), 600));
    EXPECT_EQ(charged(), first_then_second_);
}

TEST_F(PlanVersions, AVersionHoldsFromItsInstantOnToTheMicrosecond) {
    make_account();
    assign("q", start_);
    ship(life(start_ - Duration{1}, 60));
    ship(life(start_ + Duration::seconds(3'600), 60));
    EXPECT_EQ(charged(), (std::vector<std::string>{"p 0.06", "p 0.06", "q 0.12"}));
}

TEST_F(PlanVersions, ALoadAtTheInstantItselfHasTheNewVersion) {
    make_account();
    assign("q", start_);
    ship(life(start_, 60));
    EXPECT_EQ(charged(), (std::vector<std::string>{"p 0.06", "q 0.12"}));
}

TEST_F(PlanVersions, ALateFactFoldsTheSessionAgainUnderTheVersionOfItsLoad) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1], deleted(start_ + Duration::seconds(1'200))});
    assign("q", start_ + Duration::seconds(1'800));
    ship(life(start_ + Duration::seconds(3'600), 600));
    EXPECT_EQ(charged(), (std::vector<std::string>{"p 1.2", "q 1.2"}));
    ship({facts[2]});
    EXPECT_EQ(charged(), first_then_second_);
}

TEST_F(PlanVersions, AChangeOfTheDefaultIsForLaterLoads) {
    const auto facts = life(start_, 600);
    ship({facts[0], facts[1], deleted(start_ + Duration::seconds(1'200))});
    set_default_plan(store_, "q", start_ + Duration::seconds(1'800));
    meter();
    ship(life(start_ + Duration::seconds(3'600), 600));
    ship({facts[2]});  // folds the first one again
    EXPECT_EQ(charged(), first_then_second_);
}

TEST_F(PlanVersions, AChangeOfRequiredRamIsForLaterLoads) {
    const auto facts = life(start_, 600, "1");
    ship({facts[0], facts[1]});
    ship(life(start_ + Duration::seconds(7'200), 600, "2"));  // the catalogue says 2 by now
    ship({deleted(start_ + Duration::seconds(600))});
    EXPECT_EQ(charged(), (std::vector<std::string>{"p 0.6", "p 1.2"}));
}

TEST_F(PlanVersions, AChangeInTheCatalogueIsForLaterLoads) {
    make_account();
    const lifecycle::UpstreamId upstream(ask("SELECT upstream FROM sessions"));
    const auto say = [&](const std::string& gb, Instant when) {
        record_catalogue(store_, upstream, {{test_model, gb}}, when);
        meter();
    };
    ship(life(start_, 600, std::nullopt));
    say("1", start_ + Duration::seconds(300));  // learned while it is open
    EXPECT_EQ(charged(), (std::vector<std::string>{"p 0.06", "p 0.6"}));
    say("2", start_ + Duration::seconds(1'800));
    ship(life(start_ + Duration::seconds(3'600), 600, "2"));
    EXPECT_EQ(charged(), (std::vector<std::string>{"p 0.06", "p 0.6", "p 1.2"}));
}

TEST_F(PlanVersions, AnOperatorsGbIsForLoadsThatHaveNoneAndChangesNoOther) {
    ship(life(start_, 600, "1"));
    set_model(store_, test_model, "3", "test", start_ + Duration::seconds(1'800));
    meter();
    EXPECT_EQ(charged(), (std::vector<std::string>{"p 0.6"}));
    const auto later = start_ + Duration::seconds(3'600);
    ship(life(later, 600, std::nullopt));
    EXPECT_EQ(charged(), (std::vector<std::string>{"p 0.6", "p 1.8"}));
    set_model(store_, test_model, "5", "test", later + Duration::seconds(3'600));
    meter();
    EXPECT_EQ(charged(), (std::vector<std::string>{"p 0.6", "p 1.8"}));
}

}  // namespace
}  // namespace ledger
